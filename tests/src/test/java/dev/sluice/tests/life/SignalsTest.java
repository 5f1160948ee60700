package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.FullBacklog;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How it ends when it is told to, and what it leaves behind. */
@Timeout(60)
class SignalsTest {
    private static final byte[] DATA = Payload.bytes(8, 1 << 20);

    /** Far less than sessions may take to drain, and enough for a machine that is busy. */
    private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** The exit code after a second signal, as {@code sluice run --help} has it. */
    private static final int STOPPED_AT_ONCE = 1;

    @TempDir
    private Path folder;

    private static SluiceProcess before(Backend backend, String... more) {
        String[] flags = {"--listen", "127.0.0.1:0", "--to", backend.address()};
        String[] all = Arrays.copyOf(flags, flags.length + more.length);
        System.arraycopy(more, 0, all, flags.length, more.length);
        return SluiceProcess.run(all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP"})
    void withoutSessionsItEndsPromptlyAndLeavesNothing(String signal) throws IOException {
        Path path = folder.resolve("a.sock");
        int port = Machine.freePort();
        try (SluiceProcess sluice = SluiceProcess.run(
                "--listen",
                "127.0.0.1:" + port,
                "--to",
                "127.0.0.1:9",
                "--listen",
                "unix:" + path,
                "--to",
                "127.0.0.1:9")) {
            assertTrue(Files.exists(path));
            long start = System.nanoTime();
            sluice.signal(signal);
            assertEquals(0, sluice.awaitExit());
            assertTrue(System.nanoTime() - start < SOON_NANOS, sluice::toString);
        }
        assertFalse(Files.exists(path));
        try (ServerSocket again = new ServerSocket()) {
            again.setReuseAddress(false);
            again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        }
    }

    @Relays
    void aSessionGoesOnToItsEndButNoneBegins(Relay relay) throws Exception {
        Path path = folder.resolve("a.sock");
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        before(echo, "--relay", relay.word(), "--listen", "unix:" + path, "--to", echo.address())) {
            SocketAddress client;
            try (Socket socket = TestClient.connect(sluice.port())) {
                client = socket.getLocalSocketAddress();
                assertArrayEquals(DATA, TestClient.echo(socket, DATA));
                sluice.signal("TERM");
                Eventually.holds("it refuses connections", () -> isRefused(sluice.port()));
                Eventually.holds("it has removed its socket", () -> Files.notExists(path));
                assertArrayEquals(DATA, TestClient.echo(socket, DATA));
                assertTrue(sluice.isRunning());
            }
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            AccessLine line = sluice.awaitLog(0, client);
            assertEquals("client fin", line.end());
            assertEquals(2L * DATA.length, line.up());
        }
    }

    private static boolean isRefused(int port) throws IOException {
        try {
            TestClient.connect(port).close();
            return false;
        } catch (ConnectException e) {
            return true;
        }
    }

    @Relays
    void whatIsUnderWayArrivesWhole(Relay relay) throws Exception {
        byte[] data = Payload.bytes(9, 32 << 20);
        try (Backend source = Backend.source(data);
                SluiceProcess sluice = before(source, "--relay", relay.word());
                Socket socket = TestClient.connect(sluice.port())) {
            byte[] first = socket.getInputStream().readNBytes(1000);
            sluice.signal("TERM");
            Eventually.holds("it refuses connections", () -> isRefused(sluice.port()));
            TestClient.Received rest = TestClient.receive(socket);
            assertTrue(rest.clean());
            assertArrayEquals(Arrays.copyOf(data, 1000), first);
            assertArrayEquals(Arrays.copyOfRange(data, 1000, data.length), rest.bytes());
            socket.shutdownOutput();
            assertEquals(0, sluice.awaitExit(), sluice::toString);
        }
    }

    @Relays
    void whenTheDrainTimeIsOverBothSidesAreReset(Relay relay) throws Exception {
        CompletableFuture<TestClient.Received> atBackend = new CompletableFuture<>();
        try (Backend backend = Backend.start(socket -> atBackend.complete(TestClient.receive(socket)));
                SluiceProcess sluice = before(backend, "--relay", relay.word(), "--drain-timeout", "600ms");
                Socket socket = TestClient.connect(sluice.port())) {
            socket.getOutputStream().write(1);
            Eventually.holds("the session is there", () -> backend.connections() == 1);
            long start = System.nanoTime();
            sluice.signal("TERM");
            assertFalse(TestClient.receive(socket).clean(), "an end of stream instead of a reset");
            assertFalse(atBackend.get(20, TimeUnit.SECONDS).clean(), "an end of stream instead of a reset");
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertTrue(System.nanoTime() - start > 500_000_000);
            assertTrue(System.nanoTime() - start < SOON_NANOS);
            assertEquals("proxy drain", sluice.awaitLog(0, 1).getFirst().end());
            sluice.awaitStderr("that one was cut", line -> line.contains("1 session cut"));
        }
    }

    @Test
    void withoutDrainTimeSessionsAreCutAtOnce() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = before(echo, "--drain-timeout", "0");
                Socket socket = TestClient.connect(sluice.port())) {
            assertArrayEquals(DATA, TestClient.echo(socket, DATA));
            sluice.signal("TERM");
            assertFalse(TestClient.receive(socket).clean());
            assertEquals(0, sluice.awaitExit(), sluice::toString);
        }
    }

    @ParameterizedTest
    @CsvSource({"TERM,TERM", "INT,INT", "TERM,INT"})
    void theSecondSignalEndsItAtOnce(String first, String second) throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = before(echo);
                Socket socket = TestClient.connect(sluice.port())) {
            assertArrayEquals(DATA, TestClient.echo(socket, DATA));
            sluice.signal(first);
            sluice.awaitStderr("that it drains", line -> line.contains("draining 1 session"));
            long start = System.nanoTime();
            sluice.signal(second);
            assertFalse(TestClient.receive(socket).clean());
            assertEquals(STOPPED_AT_ONCE, sluice.awaitExit(), sluice::toString);
            assertTrue(System.nanoTime() - start < SOON_NANOS);
        }
    }

    @Test
    void whatAKilledProcessLeftIsTakenOver() throws Exception {
        Path path = folder.resolve("a.sock");
        String[] flags = {"--listen", "unix:" + path, "--to", "127.0.0.1:9"};
        try (SluiceProcess killed = SluiceProcess.run(flags)) {
            killed.signal("KILL");
            killed.awaitExit();
        }
        assertTrue(Files.exists(path));
        try (SluiceProcess sluice = SluiceProcess.run(flags)) {
            assertEquals(0, sluice.terminate());
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void aLiveSocketIsNotTakenOver() throws Exception {
        Path path = folder.resolve("a.sock");
        String[] flags = {"run", "--listen", "unix:" + path, "--to", "127.0.0.1:9"};
        try (SluiceProcess first = SluiceProcess.start(Map.of(), flags)) {
            first.awaitListening(1);
            assertCannotListen(path, flags);
            assertTrue(Files.exists(path));
            assertEquals(0, first.terminate());
        }
    }

    @Test
    void aFileIsNotTakenForASocket() throws Exception {
        Path file = folder.resolve("precious");
        Files.writeString(file, "content");
        assertCannotListen(file, "run", "--listen", "unix:" + file, "--to", "127.0.0.1:9");
        assertEquals("content", Files.readString(file));

        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        assertCannotListen(link, "run", "--listen", "unix:" + link, "--to", "127.0.0.1:9");
        assertEquals("content", Files.readString(link));
    }

    private static void assertCannotListen(Path path, String... words) {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), words)) {
            assertEquals(1, sluice.awaitExit(), sluice::toString);
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            String line = sluice.stderr().getFirst();
            assertTrue(line.contains(path.toString()) && line.contains("EADDRINUSE"), line);
        }
    }

    /** Somebody has removed the file and another process listens there now: that one's file stays. */
    @Test
    void theSocketOfAnotherIsLeftAlone() throws Exception {
        Path path = folder.resolve("a.sock");
        String[] flags = {"--listen", "unix:" + path, "--to", "127.0.0.1:9"};
        try (SluiceProcess first = SluiceProcess.run(flags)) {
            Files.delete(path);
            try (SluiceProcess second = SluiceProcess.run(flags)) {
                assertEquals(0, first.terminate());
                assertTrue(Files.exists(path));
                assertEquals(0, second.terminate());
            }
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void aConnectionThatWaitsToBeConnectedDoesNotHoldUpTheEnd() throws Exception {
        try (FullBacklog silent = new FullBacklog();
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        silent.address(),
                        "--drain-timeout",
                        "500ms",
                        "--connect-timeout",
                        "1m");
                Socket socket = TestClient.connect(sluice.port())) {
            socket.getOutputStream().write(1);
            long start = System.nanoTime();
            sluice.signal("TERM");
            assertThrows(IOException.class, () -> socket.getInputStream().read());
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertTrue(System.nanoTime() - start < SOON_NANOS);
        }
    }
}
