package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Listening sockets that were opened by whoever started the command, by way of the launcher. */
@Timeout(120)
class ActivationTest {
    private static final int CLIENTS = 4;

    @TempDir
    private Path folder;

    private final Backend backend = Backend.named("hello");
    private final int port = Machine.freePort();
    private Path unix = Path.of("");
    private Path script = Path.of("");

    @BeforeEach
    void write() throws IOException {
        unix = folder.resolve("s");
        script = folder.resolve("activate.py");
        try (var in = ActivationTest.class.getResourceAsStream("/activate.py")) {
            assertTrue(in != null);
            Files.copy(in, script);
        }
    }

    @AfterEach
    void stop() {
        backend.close();
    }

    private List<String> activator(int times, String... more) {
        List<String> words = new ArrayList<>(List.of("python3", script.toString(), Integer.toString(times)));
        words.addAll(List.of("web=" + port, "local=" + unix));
        words.addAll(List.of(more));
        words.add("--");
        return words;
    }

    private String[] flags(String... more) {
        List<String> words = new ArrayList<>(List.of("--listen", "fd:web", "--to", backend.address()));
        words.addAll(List.of("--listen", "fd:4", "--to", backend.address()));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    private static String greeting(int port) throws IOException {
        try (Socket socket = TestClient.connect(port)) {
            TestClient.Received received = TestClient.receive(socket);
            assertTrue(received.clean(), "a reset instead of an end of stream");
            return new String(received.bytes(), StandardCharsets.UTF_8);
        }
    }

    private String greetingOfUnix() throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(unix))) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(64);
            while (channel.read(buffer) >= 0) {
                all.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
            return all.toString(StandardCharsets.UTF_8);
        }
    }

    private void assertServes() throws IOException {
        assertEquals("hello", greeting(port));
        assertEquals("hello", greetingOfUnix());
    }

    @Test
    void byFlags() throws Exception {
        try (SluiceProcess sluice = SluiceProcess.runUnder(activator(1, "more=0"), Map.of(), flags())) {
            assertEquals("127.0.0.1:" + port, sluice.listening(0));
            assertEquals("unix:" + unix, sluice.listening(1));
            assertServes();
            sluice.awaitStderr(
                    "what nobody has",
                    line -> line.startsWith(
                            "sluice: warning: no listener has what was passed to this process as more (5):"));
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
        assertTrue(Files.exists(unix), "whoever has made it removes it");
        assertThrows(ConnectException.class, () -> greeting(port), "it was the last to have it");
    }

    /** What was meant for another process is not for this one, even if it has the same environment. */
    @Test
    void forAnotherProcess() {
        Map<String, String> environment = Map.of("LISTEN_PID", "1", "LISTEN_FDS", "1", "LISTEN_FDNAMES", "web");
        try (SluiceProcess sluice =
                SluiceProcess.start(environment, "run", "--listen", "fd:web", "--to", backend.address())) {
            assertEquals(1, sluice.awaitExit(), sluice::toString);
            assertEquals(
                    "sluice: cannot listen on fd:web: no socket was passed to this process: LISTEN_PID is '1', and this"
                            + " process is " + sluice.pid(),
                    sluice.stderr().getFirst());
        }
    }

    @Test
    void aNameThatThereIsNot() {
        try (SluiceProcess sluice = SluiceProcess.startUnder(
                activator(1), Map.of(), "run", "--listen", "fd:pg", "--to", backend.address())) {
            assertEquals(1, sluice.awaitExit(), sluice::toString);
            assertEquals(
                    "sluice: cannot listen on fd:pg: no socket of this name was passed to this process, but web (3), local (4)",
                    sluice.stderr().getFirst());
        }
    }

    private void write(Path file, String binds) throws IOException {
        Files.writeString(file, """
                takeover: %s
                listeners:
                  - {name: front, bind: [%s], upstream: back}
                upstreams:
                  - {name: back, endpoints: ["%s"]}
                """.formatted(folder.resolve("takeover"), binds, backend.address()));
    }

    private static void reload(SluiceProcess sluice) throws Exception {
        long before = reloads(sluice);
        sluice.signal("HUP");
        Eventually.holds("a reload", () -> reloads(sluice) > before);
    }

    private static long reloads(SluiceProcess sluice) {
        return sluice.stderr().stream()
                .filter(line -> line.startsWith("sluice: reloaded "))
                .count();
    }

    /** The successor was passed nothing: it gets them from the process before. */
    @Test
    void overReloadsAndATakeover() throws Exception {
        Path file = folder.resolve("sluice.yaml");
        int other = Machine.freePort();
        write(file, "\"fd:web\", \"fd:local\"");
        try (SluiceProcess first = SluiceProcess.runUnder(activator(1), Map.of(), "-c", file.toString())) {
            first.awaitListening(2);
            assertServes();
            write(file, "\"fd:web\", \"fd:local\", \"127.0.0.1:" + other + "\"");
            reload(first);
            assertServes();
            assertEquals("hello", greeting(other));
            write(file, "\"fd:web\"");
            reload(first);
            assertEquals("hello", greeting(port));
            assertTrue(Files.exists(unix));
            write(file, "\"fd:web\", \"fd:local\"");
            reload(first);
            assertServes();
            try (SluiceProcess next = SluiceProcess.run("-c", file.toString(), "--takeover")) {
                next.awaitListening(2);
                assertEquals(0, first.awaitExit(), first::toString);
                assertTrue(next.stderr().getFirst().startsWith("sluice: took over 2 of 2"), next::toString);
                assertServes();
                reload(next);
                assertServes();
                assertEquals(0, next.terminate(), next::toString);
            }
        }
        assertTrue(Files.exists(unix), "whoever has made it removes it");
    }

    /** One process after the other, and who connects in between waits. */
    @Test
    void aRestartLosesNobody() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        LongAdder served = new LongAdder();
        try (Workers workers = new Workers();
                SluiceProcess both = SluiceProcess.startUnder(activator(2), Map.of(), runWords())) {
            both.awaitListening(2);
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                boolean tcp = i % 2 == 0;
                clients.add(workers.run(() -> {
                    while (!over.get()) {
                        assertEquals("hello", tcp ? greeting(port) : greetingOfUnix());
                        served.increment();
                    }
                }));
            }
            awaitServed(served, 100);
            child(both).destroy();
            both.awaitListening(4);
            awaitServed(served, 100);
            over.set(true);
            Workers.awaitAll(clients, SluiceProcess.PATIENCE);
            assertTrue(child(both).destroy());
            assertEquals(0, both.awaitExit(), both::toString);
        }
        assertTrue(Files.exists(unix));
    }

    private String[] runWords() {
        List<String> words = new ArrayList<>(List.of("run"));
        words.addAll(List.of(flags()));
        return words.toArray(String[]::new);
    }

    private static ProcessHandle child(SluiceProcess parent) {
        return ProcessHandle.of(parent.pid())
                .orElseThrow()
                .children()
                .findFirst()
                .orElseThrow();
    }

    private static void awaitServed(LongAdder served, int more) throws Exception {
        long before = served.sum();
        Eventually.holds("clients to be served", () -> served.sum() >= before + more);
    }

    /** The real one, which starts the command when the first client has come. */
    @Test
    void bySystemd() throws Exception {
        Path program = Path.of("/usr/bin/systemd-socket-activate");
        assumeTrue(Files.isExecutable(program), "systemd-socket-activate is not installed");
        List<String> wrapper = List.of(
                program.toString(),
                "-l",
                "127.0.0.1:" + port,
                "--fdname=pg",
                "-E",
                "SLUICE_BUILD=never",
                "-E",
                "JAVA_HOME=" + System.getProperty("java.home"));
        try (SluiceProcess sluice =
                SluiceProcess.startUnder(wrapper, Map.of(), "run", "--listen", "fd:pg", "--to", backend.address())) {
            sluice.awaitStderr("that it listens", line -> line.startsWith("Listening on "));
            assertEquals("hello", greeting(port));
            assertEquals("hello", greeting(port));
            sluice.awaitListening(1);
            assertEquals("127.0.0.1:" + port, sluice.listening(0));
            assertFalse(String.join("\n", sluice.stderr()).contains("warning"), sluice::toString);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }
}
