package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Words;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever comes to the takeover's socket and is no successor, or none to the end: the proxy goes on as it was. */
@Timeout(90)
class TakeoverPeersTest {
    private static final byte[] NOTHING = {};

    @TempDir
    private Path folder;

    private Path socket = Path.of("");
    private Backend echo = Backend.echo();

    @BeforeEach
    void choose() {
        socket = folder.resolve("takeover");
    }

    @AfterEach
    void stop() {
        echo.close();
    }

    private String[] flags(int port, String... more) {
        String[] flags = {
            "--listen", "127.0.0.1:" + port, "--to", echo.address(), "--takeover-socket", socket.toString()
        };
        return Words.of(flags, more);
    }

    private SluiceProcess run() {
        return SluiceProcess.run(flags(0));
    }

    private static void assertServes(SluiceProcess sluice) throws IOException {
        for (int i = 0; i < 20; i++) {
            try (Socket client = TestClient.connect(sluice.port())) {
                assertEquals(3, TestClient.echo(client, new byte[3]).length);
            }
        }
    }

    private static void awaitFailure(SluiceProcess sluice, String why) {
        sluice.awaitStderr(
                "a warning that it is " + why,
                line -> line.startsWith("sluice: warning: ") && line.contains("has failed") && line.contains(why));
    }

    /** The next one comes after it has been heard to the end. */
    private static void assertCanBeTakenOver(SluiceProcess sluice, String... flags) throws IOException {
        assertServes(sluice);
        try (SluiceProcess next = SluiceProcess.run(Words.of(flags, "--takeover"))) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertServes(next);
            assertEquals(0, next.terminate());
        }
    }

    @Test
    void whoLeavesInTheMiddleChangesNothing() throws IOException {
        int port = Machine.freePort();
        try (SluiceProcess sluice = SluiceProcess.run(flags(port))) {
            Peer.connect(socket).close();
            byte[] hello = Peer.hello(1, 1);
            for (int length : new int[] {1, 4, 5, hello.length - 1}) {
                try (Peer peer = Peer.connect(socket)) {
                    peer.send(Arrays.copyOf(hello, length));
                }
            }
            try (Peer peer = Peer.connect(socket)) {
                peer.send(hello);
            }
            try (Peer peer = offered()) {
                assertEquals(Peer.SOCKETS, peer.receive().type());
            }
            try (Peer peer = offered()) {
                peer.send(Arrays.copyOf(Peer.message(Peer.CONFIRM, new byte[8]), 9));
            }
            awaitFailure(sluice, "it has ended");
            assertCanBeTakenOver(sluice, flags(port));
        }
    }

    /** A successor that is offered the sockets, as soon as it is seen that the one before it has left. */
    private Peer offered() throws IOException {
        return offered(1);
    }

    /** @param newest version that the successor understands; the newest that both do is spoken */
    private Peer offered(int newest) throws IOException {
        while (true) {
            Peer peer = Peer.connect(socket);
            peer.send(Peer.hello(1, newest));
            Peer.Message answer = peer.receive();
            if (answer.type() == Peer.OFFER) {
                assertEquals(Math.min(newest, 2), answer.body()[1]);
                assertEquals(newest == 1 ? 6 : 10, answer.body().length);
                return peer;
            }
            peer.close();
            assertTrue(answer.text().contains("another process is taking over"), answer::text);
        }
    }

    @Test
    void nonsenseIsRefused() throws IOException {
        int port = Machine.freePort();
        try (SluiceProcess sluice = SluiceProcess.run(flags(port))) {
            for (byte[] nonsense : List.of(
                    "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                    Peer.message(Peer.HELLO, "nobody knows me".getBytes(StandardCharsets.US_ASCII)),
                    Peer.message(Peer.CONFIRM, NOTHING),
                    Peer.message(Peer.HELLO, NOTHING),
                    new byte[5])) {
                assertRefused(nonsense, "the successor sent");
            }
            try (Peer peer = Peer.connect(socket)) {
                peer.send(Peer.hello(1, 1));
                assertEquals(Peer.OFFER, peer.receive().type());
                assertEquals(Peer.SOCKETS, peer.receive().type());
                peer.send(Peer.message(Peer.CONFIRM, new byte[] {0, 0, 0, 9}));
                assertRefusal(peer, "was not offered");
            }
            awaitFailure(sluice, "it sent");
            assertCanBeTakenOver(sluice, flags(port));
        }
    }

    private void assertRefused(byte[] bytes, String why) throws IOException {
        try (Peer peer = Peer.connect(socket)) {
            peer.send(bytes);
            assertRefusal(peer, why);
        }
    }

    private static void assertRefusal(Peer peer, String why) throws IOException {
        Peer.Message answer = peer.receive();
        assertEquals(Peer.REFUSAL, answer.type());
        assertTrue(answer.text().contains(why), answer::text);
    }

    @Test
    void versionsThatDoNotUnderstandEachOtherSaySo() throws IOException {
        try (SluiceProcess sluice = run()) {
            assertRefused(Peer.hello(3, 7), "understands versions 1 to 2");
            awaitFailure(sluice, "understands versions 1 to 2");
            try (Peer peer = offered(1)) {
                assertEquals(Peer.SOCKETS, peer.receive().type());
            }
            try (Peer peer = offered(7)) {
                assertEquals(Peer.SOCKETS, peer.receive().type());
            }
            assertServes(sluice);
        }
    }

    /** What it does not know of is not told to it, but somebody should hear that it is forgotten; and nothing can be set that it has not heard of. */
    @Test
    void aSuccessorThatKnowsNothingOfWhatIsSetByHand() throws IOException {
        String admin = "unix:" + folder.resolve("admin.sock");
        try (SluiceProcess sluice = SluiceProcess.run(flags(0, "--admin", admin))) {
            sluice.awaitStderr("the admin interface", line -> line.contains("admin interface on "));
            assertEquals(List.of(), set(0, admin, "drain"));
            try (Peer peer = offered(1)) {
                assertEquals(Peer.SOCKETS, peer.receive().type());
                sluice.awaitStderr(
                        "what is forgotten",
                        line -> line.startsWith(
                                        "sluice: warning: the successor's version does not take over what was set"
                                                + " by hand: ")
                                && line.endsWith("/" + echo.address() + " drain"));
                List<String> refused = set(1, admin, "up");
                assertTrue(refused.getFirst().contains("another process is taking over"), refused::toString);
            }
            awaitFailure(sluice, "it has ended");
            assertEquals(List.of(), set(0, admin, "up"));
        }
    }

    /** What the command complains of. */
    private List<String> set(int exit, String admin, String state) {
        try (SluiceProcess command =
                SluiceProcess.start(Map.of(), "endpoint", echo.address(), state, "--admin", admin)) {
            assertEquals(exit, command.awaitExit(), command::toString);
            return command.stderr();
        }
    }

    /** While it is waited for, others are told that it is there; in the end it is cut off. */
    @Test
    void whoStallsIsCutOff() throws IOException {
        int port = Machine.freePort();
        try (SluiceProcess sluice = SluiceProcess.run(flags(port))) {
            long start = System.nanoTime();
            try (Peer peer = Peer.connect(socket)) {
                peer.send(Arrays.copyOf(Peer.hello(1, 1), 7));
                assertRefusal(peer, "silent for too long");
            }
            assertTrue(System.nanoTime() - start > TimeUnit.SECONDS.toNanos(1));
            assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
            try (Peer peer = Peer.connect(socket)) {
                peer.send(Peer.hello(1, 1));
                assertEquals(Peer.OFFER, peer.receive().type());
                assertRefused(Peer.hello(1, 1), "another process is taking over");
                assertServes(sluice);
                assertEquals(Peer.SOCKETS, peer.receive().type());
                assertRefusal(peer, "silent for too long");
            }
            awaitFailure(sluice, "silent for too long");
            assertCanBeTakenOver(sluice, flags(port));
        }
    }

    /** A signal does not wait for a successor that makes no progress. */
    @Test
    void whoStallsDoesNotHoldUpTheEnd() throws IOException {
        try (SluiceProcess sluice = run();
                Peer peer = Peer.connect(socket)) {
            peer.send(Peer.hello(1, 1));
            assertEquals(Peer.OFFER, peer.receive().type());
            assertEquals(Peer.SOCKETS, peer.receive().type());
            long start = System.nanoTime();
            assertEquals(0, sluice.terminate());
            assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(15));
            assertRefusal(peer, "stopping");
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void onlyTheSameUserIsAnswered() throws IOException {
        assumeTrue(Machine.isRoot(), "needs root, to be two users");
        List<String> nobody = Machine.asNobody();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        String[] flags = flags(0);
        try (SluiceProcess sluice = SluiceProcess.runUnder(nobody, Map.of(), flags)) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
            try (Peer peer = Peer.connect(socket)) { // root may, by the file
                peer.awaitEnd();
            }
            sluice.awaitStderr("that it was refused", line -> line.contains("of user 0 may not take over"));
            assertCannotTakeOver(List.of(), "only a proxy of the same user");
            assertServes(sluice);
            assertEquals(0, sluice.terminate());
        }
        try (SluiceProcess sluice = SluiceProcess.run(flags)) {
            assertCannotTakeOver(nobody, "EACCES");
            assertServes(sluice);
        }
    }

    private void assertCannotTakeOver(List<String> wrapper, String why) {
        String[] words = Words.of("run", flags(0, "--takeover"));
        try (SluiceProcess next = SluiceProcess.startUnder(wrapper, Map.of(), words)) {
            assertEquals(1, next.awaitExit(), next::toString);
            assertEquals(1, next.stderr().size(), next::toString);
            assertTrue(next.stderr().getFirst().contains(why), next::toString);
        }
    }

    /** A proxy that starts does not trust whoever listens there, either. */
    @ParameterizedTest
    @ValueSource(strings = {"ends", "nonsense", "refuses", "another version", "no descriptors"})
    void aSuccessorOfSomethingElseGivesUp(String behaviour) throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Workers workers = new Workers()) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Future<?> served = workers.run(() -> {
                try (Peer peer = new Peer(server.accept())) {
                    assertEquals(Peer.HELLO, peer.receive().type());
                    answer(peer, behaviour);
                }
            });
            assertCannotTakeOver(
                    List.of(),
                    switch (behaviour) {
                        case "ends" -> "it has ended";
                        case "refuses" -> "not today";
                        default -> "it sent";
                    });
            Workers.await(served);
        }
        assertTrue(Files.exists(socket), "not its own");
    }

    private static void answer(Peer peer, String behaviour) throws IOException {
        switch (behaviour) {
            case "ends" -> {}
            case "nonsense" -> peer.send("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            case "refuses" -> peer.send(Peer.message(Peer.REFUSAL, "not today".getBytes(StandardCharsets.US_ASCII)));
            case "another version" -> peer.send(Peer.message(Peer.OFFER, new byte[] {0, 9, 0, 0, 0, 1}));
            default -> {
                peer.send(Peer.message(Peer.OFFER, new byte[] {0, 1, 0, 0, 0, 1}));
                peer.send(Peer.message(Peer.SOCKETS, new byte[] {0, 1, 0, 0, 0, 0, 0}));
                peer.awaitEnd();
            }
        }
    }
}
