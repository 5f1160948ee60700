package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who balances above the proxy sees a refused connection while nobody behind it is up. */
@Timeout(120)
class CloseListenerTest {
    private static final int CLIENTS = 4;
    private static final int ROUNDS = 10;

    @TempDir
    private Path folder;

    private final int port = Machine.freePort();
    private final int serverPort = Machine.freePort();
    private final LongAdder served = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder reset = new LongAdder();
    private Path unix = Path.of("");

    @BeforeEach
    void name() {
        unix = folder.resolve("s");
    }

    private Path write(String start) throws IOException {
        return Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                takeover: %s
                access-log: off
                listeners:
                  - {name: front, bind: ["127.0.0.1:%d", "unix:%s"], upstream: back}
                upstreams:
                  - name: back
                    endpoints: ["127.0.0.1:%d"]
                    health: {check: tcp, interval: 50ms, rise: 1, fall: 1, start: %s}
                    when-down: close-listener
                """.formatted(
                        folder.resolve("takeover"), port, unix, serverPort, start));
    }

    /** A server that comes and goes: greets everyone. */
    private final class Server implements AutoCloseable {
        private final ServerSocket socket;

        Server() throws IOException {
            socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort), 1024);
            Thread.ofVirtual().start(() -> {
                while (true) {
                    try (Socket connection = socket.accept()) {
                        connection.getOutputStream().write('!');
                        connection.shutdownOutput();
                        connection.setSoTimeout(1000);
                        connection.getInputStream().transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        if (socket.isClosed()) {
                            return;
                        }
                    }
                }
            });
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private boolean isOpen() {
        return Daemon.accepts(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)) && Files.exists(unix);
    }

    private void awaitOpen(boolean open) throws Exception {
        Eventually.holds(open ? "it to listen" : "it to be closed", () -> isOpen() == open);
    }

    /** Every client is served, refused or reset; none waits for what never comes. */
    private void load(AtomicBoolean over) throws IOException {
        while (!over.get()) {
            try (Socket socket = new Socket()) {
                // From elsewhere: one that is refused so often would meet itself, at a port that is for clients as
                // well.
                socket.bind(new InetSocketAddress("127.0.0.2", 0));
                socket.setSoTimeout((int) SluiceProcess.PATIENCE.toMillis());
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                TestClient.Received received = TestClient.receive(socket);
                (received.clean() && received.bytes().length == 1 ? served : reset).increment();
            } catch (ConnectException e) {
                refused.increment();
                LockSupport.parkNanos(1_000_000); // nobody who is refused comes again at once
            } catch (SocketException e) {
                reset.increment(); // before connecting was over
            }
        }
    }

    @Test
    void aServerThatComesAndGoesUnderLoad() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        try (Workers workers = new Workers()) {
            Server server = new Server();
            try (SluiceProcess sluice = SluiceProcess.run("-c", write("up").toString())) {
                sluice.awaitListening(2);
                List<Future<?>> clients = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    clients.add(workers.run(() -> load(over)));
                }
                for (int i = 0; i < ROUNDS; i++) {
                    await(clients, served, 50);
                    server.close();
                    awaitOpen(false);
                    await(clients, refused, 50);
                    server = new Server();
                    awaitOpen(true);
                }
                await(clients, served, 50);
                over.set(true);
                Workers.awaitAll(clients, SluiceProcess.PATIENCE);
                sluice.awaitStderr("that it closed", line -> line.contains(" is closed until upstream back is up"));
                sluice.awaitStderr("that it opened", line -> line.endsWith(" listens again: upstream back is up"));
                assertFalse(String.join("\n", sluice.stderr()).contains("warning"), sluice::toString);
                // A listener that is closed is not there at the end either.
                server.close();
                awaitOpen(false);
                Eventually.holds(
                        "nothing is left of it: " + sluice.descriptors(),
                        () -> sluice.descriptors().sockets() <= 3);
                assertEquals(0, sluice.terminate(), sluice::toString);
            } finally {
                over.set(true);
                server.close();
            }
        }
        assertFalse(Files.exists(unix));
    }

    private static void await(List<Future<?>> clients, LongAdder counter, long more) throws Exception {
        long before = counter.sum();
        Eventually.holds("clients", () -> {
            for (Future<?> client : clients) {
                if (client.isDone()) {
                    Workers.await(client); // says why
                }
            }
            return counter.sum() >= before + more;
        });
    }

    @Test
    void reloadAndTakeoverWhileClosed() throws Exception {
        String file = write("down").toString();
        try (SluiceProcess first = SluiceProcess.start(Map.of(), "run", "-c", file)) {
            first.awaitStderr(
                    "a start line", line -> line.startsWith("sluice: closed until somebody is up: 127.0.0.1:"));
            assertFalse(isOpen());
            first.signal("HUP");
            first.awaitStderr("a reload", line -> line.startsWith("sluice: reloaded "));
            assertFalse(isOpen());
            try (SluiceProcess next = SluiceProcess.start(Map.of(), "run", "-c", file, "--takeover")) {
                assertEquals(0, first.awaitExit(), first::toString);
                next.awaitStderr("it", line -> line.startsWith("sluice: took over 0 of 0"));
                assertFalse(isOpen());
                try (Server server = new Server()) {
                    awaitOpen(true);
                    try (Socket socket = TestClient.connect(port)) {
                        assertEquals(1, TestClient.receive(socket).bytes().length);
                    }
                    // And the next one has what is open.
                    try (SluiceProcess last =
                            SluiceProcess.run("-c", write("up").toString(), "--takeover")) {
                        last.awaitListening(2);
                        assertTrue(last.stderr().getFirst().startsWith("sluice: took over 2 of 2"), last::toString);
                        assertEquals(0, next.awaitExit(), next::toString);
                        assertTrue(isOpen());
                        assertEquals(0, last.terminate(), last::toString);
                    }
                    assertFalse(server.socket.isClosed());
                }
            }
        }
    }

    /** A port that is taken is told at the start, whether or not anybody is up. */
    @Test
    void aTakenPortWhileDown() throws Exception {
        try (ServerSocket taken = new ServerSocket(port, 8, InetAddress.getLoopbackAddress());
                SluiceProcess sluice =
                        SluiceProcess.start(Map.of(), "run", "-c", write("down").toString())) {
            assertEquals(1, sluice.awaitExit(), sluice::toString);
            assertTrue(
                    sluice.stderr().getFirst().startsWith("sluice: cannot listen on 127.0.0.1:" + taken.getLocalPort()),
                    sluice::toString);
        }
    }
}
