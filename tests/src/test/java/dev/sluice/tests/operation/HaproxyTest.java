package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.LongStream;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Processes;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HAProxy before Sluice and behind it, as on the way from one to the other, or as a layer of its own. */
@Timeout(120)
class HaproxyTest {
    private static final byte[] UP = Payload.bytes(31, 12 << 20);
    private static final byte[] DOWN = Payload.bytes(32, 16 << 20);
    private static final byte[] MESSAGE = Payload.bytes(33, 64);
    private static final int CLIENTS = 4;
    /** Of a client between two connections, whose ports nobody else can have for a minute. */
    private static final long PAUSE_MILLIS = 4;

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger[] served = new AtomicInteger[CLIENTS];

    private static InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Machine.freePort());
    }

    /** Hears all that a client says, to its end, and only then answers: with the SHA-256 of that, and data of its own. */
    private static Backend answering() {
        return Backend.start(socket -> {
            MessageDigest heard = LongStream.sha256();
            new DigestInputStream(socket.getInputStream(), heard).transferTo(OutputStream.nullOutputStream());
            socket.getOutputStream().write(heard.digest());
            socket.getOutputStream().write(DOWN);
        });
    }

    private static byte[] sha256(byte[] bytes) {
        return LongStream.sha256().digest(bytes);
    }

    /** Through HAProxy, Sluice and HAProxy, the whole of both directions one after the other, the first of them closed. */
    @Relays
    void allThatCrossesIsWholeAndHalfACloseIsHalfAClose(Relay relay) throws Exception {
        InetSocketAddress behind = address();
        InetSocketAddress front = address();
        try (Backend server = answering();
                Haproxy last = Haproxy.start(folder, behind, server.address(), "");
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen", "127.0.0.1:0", "--to", Addresses.text(behind), "--relay", relay.word());
                Haproxy first = Haproxy.start(folder, front, "127.0.0.1:" + sluice.port(), "")) {
            try (Socket client = TestClient.connect(front.getPort())) {
                client.getOutputStream().write(UP);
                client.shutdownOutput();
                assertArrayEquals(sha256(UP), client.getInputStream().readNBytes(32), "what the server has heard");
                TestClient.Received received = TestClient.receive(client);
                assertTrue(received.clean(), "a reset");
                assertArrayEquals(sha256(DOWN), sha256(received.bytes()));
            }
            awaitEnds(first, Haproxy.IN_ORDER);
            awaitEnds(last, Haproxy.IN_ORDER);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    private static void awaitEnds(Haproxy haproxy, String state) throws Exception {
        Eventually.holds(
                "a connection that ended " + state, () -> haproxy.ends().contains(new Haproxy.End(state, "0")));
    }

    @Test
    void aResetOfTheClientGetsToTheHaproxyBehind() throws Exception {
        InetSocketAddress behind = address();
        try (Backend echo = Backend.echo();
                Haproxy haproxy = Haproxy.start(folder, behind, echo.address(), "");
                SluiceProcess sluice = SluiceProcess.run("--listen", "127.0.0.1:0", "--to", Addresses.text(behind))) {
            try (Socket client = TestClient.connect(sluice.port())) {
                assertArrayEquals(MESSAGE, TestClient.echo(client, MESSAGE));
                client.setSoLinger(true, 0);
            }
            assertEquals("client reset", sluice.awaitLog(0, 1).getFirst().end());
            awaitEnds(haproxy, Haproxy.BY_CLIENT);
            Eventually.holds("the server hears of it", () -> echo.connections() == 0);
        }
    }

    @Test
    void aResetOfTheServerGetsToTheHaproxyInFront() throws Exception {
        InetSocketAddress front = address();
        try (Backend server = Backend.start(socket -> {
                    socket.getInputStream().readNBytes(MESSAGE.length);
                    socket.setSoLinger(true, 0);
                });
                SluiceProcess sluice = SluiceProcess.run("--listen", "127.0.0.1:0", "--to", server.address());
                Haproxy haproxy = Haproxy.start(folder, front, "127.0.0.1:" + sluice.port(), "")) {
            try (Socket client = TestClient.connect(front.getPort())) {
                client.getOutputStream().write(MESSAGE);
                assertEquals(0, TestClient.receive(client).bytes().length);
            }
            sluice.awaitStdout(0, "the server's reset", line -> line.contains(" who=upstream cause=reset "));
            awaitEnds(haproxy, Haproxy.BY_SERVER);
        }
    }

    /** A client that connects all the time. */
    private void exchanges(int client, int port) throws IOException, InterruptedException {
        while (!over.get()) {
            try (Socket socket = TestClient.connect(port)) {
                assertArrayEquals(MESSAGE, TestClient.echo(socket, MESSAGE));
                socket.shutdownOutput();
                assertTrue(TestClient.receive(socket).clean(), "a reset");
            }
            served[client].incrementAndGet();
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private List<Future<?>> load(Workers workers, int port) {
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            int client = i;
            served[i] = new AtomicInteger();
            clients.add(workers.run(() -> exchanges(client, port)));
        }
        return clients;
    }

    /** Each of them: so nothing that was under way before is under way after. */
    private void awaitExchanges(int more, List<Future<?>> clients) throws Exception {
        List<Integer> before = List.of(served).stream().map(AtomicInteger::get).toList();
        Eventually.holds(more + " more of each client", () -> {
            for (int i = 0; i < CLIENTS; i++) {
                if (clients.get(i).isDone()) {
                    Workers.await(clients.get(i)); // with its failure
                }
                if (served[i].get() < before.get(i) + more) {
                    return false;
                }
            }
            return true;
        });
    }

    private Future<Long> longStream(Workers workers, int port) {
        return workers.start(() -> {
            try (Socket client = TestClient.connect(port)) {
                long bytes = LongStream.echo(client, over);
                client.shutdownOutput();
                assertTrue(TestClient.receive(client).clean(), "a reset");
                return bytes;
            }
        });
    }

    /** Its checks of Sluice, a single one of which would take it out of use, see nothing of it either. */
    @Test
    void aReloadAndATakeoverAreNotSeenByTheHaproxyInFront() throws Exception {
        InetSocketAddress front = address();
        int port = Machine.freePort();
        Path file = folder.resolve("sluice.yaml");
        try (Processes all = new Processes();
                Backend one = Backend.echo();
                Backend two = Backend.echo()) {
            configure(file, port, one);
            all.add(SluiceProcess.run("-c", file.toString()));
            try (Haproxy haproxy =
                            Haproxy.start(folder, front, "127.0.0.1:" + port + " check inter 250ms fall 1 rise 1", "");
                    Workers workers = new Workers()) {
                List<Future<?>> clients = load(workers, front.getPort());
                Future<Long> stream = longStream(workers, front.getPort());
                for (int i = 0; i < 6; i++) {
                    awaitExchanges(5, clients);
                    configure(file, port, i % 2 == 0 ? two : one);
                    if (i % 2 == 0) {
                        reload(all.last());
                    } else {
                        all.add(SluiceProcess.run("-c", file.toString(), "--takeover"));
                    }
                }
                awaitExchanges(5, clients);
                over.set(true);
                Workers.awaitAll(clients, LONG);
                assertTrue(Workers.await(stream) > 0);
                int connections = 1
                        + List.of(served).stream().mapToInt(AtomicInteger::get).sum();
                Eventually.holds(
                        "a line for each of " + connections,
                        () -> haproxy.ends().size() >= connections);
                for (Haproxy.End end : haproxy.ends()) {
                    assertEquals(new Haproxy.End(Haproxy.IN_ORDER, "0"), end);
                }
                assertFalse(haproxy.said().contains("DOWN"), haproxy.said());
            }
            for (SluiceProcess sluice : all.gone()) {
                assertEquals(0, sluice.awaitExit(), sluice::toString);
            }
            assertEquals(0, all.last().terminate(), all.last()::toString);
        }
    }

    private void configure(Path file, int port, Backend backend) throws IOException {
        Files.writeString(file, """
                threads: 2
                takeover: %s
                access-log: off
                listeners: [{name: front, bind: "127.0.0.1:%d", upstream: back}]
                upstreams: [{name: back, endpoints: ["%s"]}]
                """.formatted(folder.resolve("takeover"), port, backend.address()));
    }

    private static void reload(SluiceProcess sluice) {
        sluice.signal("HUP");
        sluice.awaitStderr("an outcome", line -> line.startsWith("sluice: reloaded "));
    }

    /** One of two, with what asks for its state and what changes that. */
    private Haproxy maintained(InetSocketAddress address, int health, Backend server) throws Exception {
        return Haproxy.start(folder, address, server.address(), """
                backend maintenance
                    server none 127.0.0.1:1
                frontend health
                    mode http
                    bind %s:%d
                    monitor-uri /health
                    monitor fail if { nbsrv(maintenance) lt 1 }
                """.formatted(address.getHostString(), health));
    }

    /** It is taken out of use, told to end when its last connection does, and started again: and nobody is refused or cut. */
    @Test
    void aHaproxyBehindIsDrainedAndReplaced() throws Exception {
        int health = Machine.freePort();
        InetSocketAddress first = new InetSocketAddress("127.0.0.2", Machine.freePort());
        InetSocketAddress second = new InetSocketAddress("127.0.0.3", first.getPort());
        Path file = Files.writeString(
                folder.resolve("sluice.yaml"), """
                threads: 2
                listeners: [{name: front, bind: "127.0.0.1:0", upstream: back}]
                upstreams:
                  - name: back
                    endpoints: ["%s", "%s"]
                    health: {check: http, path: /health, port: %d, interval: 50ms, timeout: 5s, start: down, rise: 1, fall: 1}
                """.formatted(Addresses.text(first), Addresses.text(second), health));
        try (Backend one = Backend.echo();
                Backend two = Backend.echo();
                Workers workers = new Workers();
                Haproxy other = maintained(second, health, two);
                Haproxy old = maintained(first, health, one);
                SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            awaitState(sluice, first, "up", 1);
            awaitState(sluice, second, "up", 1);
            AtomicBoolean enough = new AtomicBoolean();
            Socket client = connectedTo(one, sluice);
            Future<Long> pinned = workers.start(() -> stream(client, enough));
            List<Future<?>> clients = load(workers, sluice.port());
            awaitExchanges(5, clients);
            assertTrue(one.accepted() > 5 && two.accepted() > 5, "both are used");

            assertEquals("", old.command("set server maintenance/none state maint"));
            awaitState(sluice, first, "down", 1);
            awaitExchanges(2, clients);
            Eventually.holds("only the long stream is left", () -> one.connections() == 1);
            int accepted = one.accepted();
            old.softStop();
            awaitExchanges(10, clients);
            assertEquals(accepted, one.accepted());
            assertTrue(old.isRunning() && !pinned.isDone());
            enough.set(true);
            assertTrue(Workers.await(pinned) > 0);
            Eventually.holds("it ends with its last connection", () -> !old.isRunning());

            try (Haproxy next = maintained(first, health, one)) {
                awaitState(sluice, first, "up", 2);
                awaitExchanges(5, clients);
                assertTrue(one.accepted() > accepted + 5, "it is used again");
                over.set(true);
                Workers.awaitAll(clients, LONG);
                for (Haproxy haproxy : List.of(old, other, next)) {
                    Eventually.holds("they have ended", () -> !haproxy.ends().isEmpty());
                    haproxy.ends().forEach(end -> assertTrue(isFine(end), end::toString));
                }
            }
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    /** In order, or Sluice was just about to connect when it heard that this one is down, and has gone elsewhere (CC). */
    private static boolean isFine(Haproxy.End end) {
        return end.equals(new Haproxy.End(Haproxy.IN_ORDER, "0")) || end.equals(new Haproxy.End("CC", "0"));
    }

    /** A connection that has come to this server, while nobody else connects. */
    private static Socket connectedTo(Backend server, SluiceProcess sluice) throws Exception {
        while (true) {
            Socket client = TestClient.connect(sluice.port());
            int before = server.accepted();
            assertArrayEquals(MESSAGE, TestClient.echo(client, MESSAGE));
            if (server.accepted() > before) {
                return client;
            }
            client.close();
        }
    }

    /** A long stream. */
    private static long stream(Socket client, AtomicBoolean enough) throws Exception {
        try (client) {
            long bytes = LongStream.echo(client, enough);
            client.shutdownOutput();
            assertTrue(TestClient.receive(client).clean(), "a reset");
            return bytes;
        }
    }

    private static void awaitState(SluiceProcess sluice, InetSocketAddress endpoint, String state, int times)
            throws Exception {
        String words = "endpoint back/" + Addresses.text(endpoint) + " is " + state;
        Eventually.holds(
                words,
                () -> sluice.stderr().stream()
                                .filter(line -> line.contains(words))
                                .count()
                        >= times);
    }
}
