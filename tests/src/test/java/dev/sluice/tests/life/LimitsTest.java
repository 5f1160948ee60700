package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens when descriptors or pipes run out: something defined, told once, and over when the shortage is. */
@Timeout(90)
class LimitsTest {
    @TempDir
    private Path folder;

    private static SluiceProcess runWithFewDescriptors(Backend echo, Relay relay, int threads) {
        return SluiceProcess.runUnder(
                descriptors(64),
                Map.of(),
                "--listen",
                "127.0.0.1:0",
                "--to",
                echo.address(),
                "--relay",
                relay.word(),
                "--threads",
                Integer.toString(threads));
    }

    /** A hard limit as well: the JVM raises the soft one to it. */
    private static List<String> descriptors(int most) {
        return List.of("sh", "-c", "ulimit -n " + most + " && exec \"$@\"", "sh");
    }

    @Relays
    void clientsBeyondTheDescriptorsWaitForTheirTurn(Relay relay) throws Exception {
        byte[] data = Payload.bytes(10, 300_000);
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = runWithFewDescriptors(echo, relay, 1);
                Connections<Socket> sockets = new Connections<>()) {
            int free = 64 - sluice.descriptors().total();
            assertTrue(free > 10, () -> "only " + free);
            for (int i = 0; i < free + 10; i++) {
                sockets.add(TestClient.connect(sluice.port())).getOutputStream().write(1);
            }
            List<Socket> served = new ArrayList<>();
            List<Socket> waiting = new ArrayList<>();
            sluice.awaitStderr("a warning", line -> line.contains("warning") && line.contains("EMFILE"));
            Thread.sleep(1000); // whoever is served has been by then
            for (Socket socket : sockets.all()) {
                (isServed(socket, 20) ? served : waiting).add(socket);
            }
            // Two descriptors a session, and a few that are kept for pipes and for those that wait.
            assertTrue(served.size() >= free / 4, () -> served.size() + " served with " + free + " descriptors");
            assertTrue(waiting.size() >= 10, () -> waiting.size() + " wait");
            String warning =
                    sluice.awaitStderr("a warning", line -> line.contains("warning") && line.contains("EMFILE"));
            assertTrue(warning.contains("ulimit -n"), warning);

            sluice.assertIdle(14, Duration.ofMillis(1500));
            assertArrayEquals(data, TestClient.echo(served.getFirst(), data));

            for (Socket socket : served) {
                socket.close();
            }
            for (Socket socket : waiting) {
                assertTrue(isServed(socket, 10_000), () -> "still waits: " + sluice);
                socket.close();
            }
            assertEquals(
                    1,
                    sluice.stderr().stream()
                            .filter(line -> line.contains("cannot accept"))
                            .count(),
                    sluice::toString);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    @Relays
    void aCrowdBeyondTheDescriptorsIsServedInTurn(Relay relay) throws Exception {
        byte[] data = Payload.bytes(13, 200_000);
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = runWithFewDescriptors(echo, relay, 2);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < 80; i++) {
                clients.add(threads.submit(() -> {
                    for (int round = 0; round < 3; round++) {
                        try (Socket socket = TestClient.connect(sluice.port())) {
                            assertArrayEquals(data, TestClient.echo(socket, data));
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> client : clients) {
                client.get(60, TimeUnit.SECONDS);
            }
            sluice.awaitLog(0, 240).forEach(line -> assertEquals("client fin", line.end(), line::text));
        }
    }

    /** Whether the one byte that it has sent comes back; a reset is an error. */
    private static boolean isServed(Socket socket, int waitMillis) throws IOException {
        socket.setSoTimeout(waitMillis);
        try {
            assertEquals(1, socket.getInputStream().read());
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } finally {
            socket.setSoTimeout((int) SluiceProcess.PATIENCE.toMillis());
        }
    }

    /**
     * Every blocked reader holds a pipe with bytes in it; root is exempt from the limit. The readers are at a unix socket, whose
     * buffers are small and stay so.
     */
    @Test
    void beyondTheUsersPipesItCopies() throws Exception {
        long soft = Machine.sysctl("fs.pipe-user-pages-soft");
        assumeTrue(soft == 16384, "needs fs.pipe-user-pages-soft=16384, the default; here it is " + soft);
        int pipes = (int) ((soft * 4096) >> 20);
        int sessions = pipes + 16;
        byte[] data = Payload.bytes(11, 3 << 20);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path path = folder.resolve("a.sock");
        try (Backend source = Backend.source(data);
                SluiceProcess sluice = SluiceProcess.runUnder(
                        Machine.asNobody(),
                        Map.of(),
                        "--listen",
                        "unix:" + path,
                        "--to",
                        source.address(),
                        "--pipe-size",
                        "1MiB",
                        "--threads",
                        "1");
                Connections<SocketChannel> clients = new Connections<>()) {
            for (int i = 0; i < sessions; i++) {
                clients.add(SocketChannel.open(UnixDomainSocketAddress.of(path)));
            }
            Eventually.holds("all sessions", () -> source.accepted() == sessions);
            sluice.awaitStderr(
                    "a warning", line -> line.contains("warning") && line.contains("fs.pipe-user-pages-soft"));
            sluice.assertIdle(14, Duration.ofMillis(1500));
            int ends = sluice.descriptors().pipes();
            assertTrue(ends >= pipes && ends <= 2 * (pipes + 1), () -> ends + " ends of pipes");

            assertAllReceive(clients.all(), data);
            assertEquals(
                    1,
                    sluice.stderr().stream()
                            .filter(line -> line.contains("warning"))
                            .count(),
                    sluice::toString);
        }
    }

    private static void assertAllReceive(List<SocketChannel> clients, byte[] data) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> all = new ArrayList<>();
            for (SocketChannel client : clients) {
                all.add(threads.submit(() -> Channels.newInputStream(client).readAllBytes()));
            }
            for (Future<byte[]> one : all) {
                assertArrayEquals(data, one.get(60, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void aPipeSizeBeyondTheMaximumIsToldOfAndWorksAllTheSame() throws Exception {
        byte[] data = Payload.bytes(12, 5 << 20);
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = SluiceProcess.runUnder(
                        Machine.asNobody(),
                        Map.of(),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        echo.address(),
                        "--pipe-size",
                        "1GiB");
                Socket socket = TestClient.connect(sluice.port())) {
            sluice.awaitStderr("what is had instead", line -> line.contains("fs.pipe-max-size"));
            assertArrayEquals(data, TestClient.echo(socket, data));
        }
    }

    @Test
    void theDoctorKnowsTheLimits() {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "doctor")) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            String words = String.join("\n", sluice.stdout());
            assertTrue(words.contains("pipe-user-pages-soft") && words.contains("pipe-max-size"), words);
        }
    }
}
