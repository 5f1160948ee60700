package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.FullBacklog;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The access log: one line for each session, with the right numbers, whoever reads it or does not. */
@Timeout(60)
class AccessLogTest {
    private static final String TEXT =
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z listener=\\S+ client=\\S+ upstream=\\S+"
                    + " relay=\\S+ up=\\d+ down=\\d+( spliced=\\d+)?( connect_ms=\\d+\\.\\d+)? duration_ms=\\d+\\.\\d+ cause=[a-z-]+( error=E[A-Z]+)?";

    @TempDir
    private Path folder;

    private static SluiceProcess to(String address, String... more) {
        List<String> flags = new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--to", address));
        flags.addAll(Arrays.asList(more));
        return SluiceProcess.run(flags.toArray(String[]::new));
    }

    @Relays
    void aSessionInOrder(Relay relay) throws Exception {
        Instant before = Instant.now();
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = to(echo.address(), "--relay", relay.word())) {
            String client;
            try (Socket socket = TestClient.connect(sluice.port())) {
                client = Addresses.text(socket.getLocalSocketAddress());
                assertArrayEquals(new byte[5000], TestClient.echo(socket, new byte[5000]));
                Thread.sleep(50);
            }
            AccessLine line = sluice.awaitLog(0, 1).getFirst();
            assertTrue(line.text().matches(TEXT), line.text());
            Instant time = Instant.parse(line.text().substring(0, line.text().indexOf(' ')));
            assertTrue(Duration.between(before, time).abs().toSeconds() < 20, line.text());
            assertEquals(sluice.listening(0), line.field("listener"));
            assertEquals(client, line.field("client"));
            assertEquals(echo.address(), line.field("upstream"));
            assertEquals(relay.word(), line.field("relay"));
            assertEquals(5000, line.up());
            assertEquals(5000, line.down());
            assertEquals("client-closed", line.cause());
            double connect = Double.parseDouble(line.field("connect_ms"));
            assertTrue(line.durationMillis() >= 50 && line.durationMillis() < 20_000, line.text());
            assertTrue(connect >= 0 && connect < line.durationMillis(), line.text());
        }
    }

    @Relays
    void whoEndedItAndWhy(Relay relay) throws Exception {
        try (Backend source = Backend.named("hello");
                Backend resetting = Backend.start(socket -> {
                    socket.getInputStream().read();
                    socket.setSoLinger(true, 0);
                });
                Backend silent = Backend.start(socket -> socket.getInputStream().read());
                FullBacklog full = new FullBacklog();
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        source.address(),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        resetting.address(),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        silent.address(),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        "127.0.0.1:" + Machine.freePort(),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        full.address(),
                        "--relay",
                        relay.word(),
                        "--idle-timeout",
                        "700ms",
                        "--half-close-timeout",
                        "300ms",
                        "--connect-timeout",
                        "300ms")) {
            try (Socket socket = connect(sluice, 0)) {
                TestClient.receive(socket);
            }
            assertEnd("upstream-closed", null, sluice, 0);
            try (Socket socket = connect(sluice, 1)) {
                socket.getOutputStream().write(1);
                assertFalse(TestClient.receive(socket).clean());
            }
            assertEnd("upstream-reset", "ECONNRESET", sluice, 1);
            try (Socket socket = connect(sluice, 2)) {
                Eventually.holds("it is through", () -> silent.connections() == 1);
                socket.setSoLinger(true, 0);
            }
            assertEnd("client-reset", "ECONNRESET", sluice, 2);
            try (Socket socket = connect(sluice, 2)) {
                assertFalse(TestClient.receive(socket).clean());
            }
            assertEnd("idle-timeout", null, sluice, 3);
            try (Socket socket = connect(sluice, 0)) {
                // The other side has ended, and this one says nothing more.
                assertTrue(TestClient.receive(socket).clean());
                assertEnd("half-close-timeout", null, sluice, 4);
            }
            try (Socket socket = connect(sluice, 3)) {
                assertFalse(TestClient.receive(socket).clean());
            }
            assertEnd("connect-failed", "ECONNREFUSED", sluice, 5);
            try (Socket socket = connect(sluice, 4)) {
                assertFalse(TestClient.receive(socket).clean());
            }
            assertEnd("connect-timeout", "ETIMEDOUT", sluice, 6);
        }
    }

    private static Socket connect(SluiceProcess sluice, int listener) throws IOException {
        return TestClient.connect(((InetSocketAddress) sluice.address(listener)).getPort());
    }

    private static void assertEnd(String cause, @Nullable String error, SluiceProcess sluice, int index) {
        AccessLine line = sluice.awaitLog(index, index + 1).getFirst();
        assertTrue(line.text().matches(TEXT), line.text());
        assertEquals(cause, line.cause(), line.text());
        assertEquals(error, line.error(), line.text());
    }

    @Test
    void jsonHasTheSameKeysAndNumbersAreNumbers() throws Exception {
        // What a path may have in it, and a JSON string may not.
        Path path = folder.resolve("a\"quoted\\\"\u00e4\n\u0001.sock");
        try (Backend source = Backend.named("hello");
                SluiceProcess sluice = to(
                        source.address(),
                        "--listen",
                        "unix:" + path,
                        "--to",
                        "127.0.0.1:" + Machine.freePort(),
                        "--access-log",
                        "json")) {
            try (Socket socket = TestClient.connect(sluice.port())) {
                socket.getOutputStream().write(new byte[100]);
                TestClient.receive(socket);
            }
            JsonObject first = parse(sluice.awaitStdout(0, "a line", line -> true));
            assertEquals(
                    "[time, listener, client, upstream, relay, up, down, connect_ms, duration_ms, cause]",
                    first.keySet().toString());
            Instant.parse(first.get("time").getAsString());
            for (String number : List.of("up", "down", "connect_ms", "duration_ms")) {
                assertTrue(first.getAsJsonPrimitive(number).isNumber(), number);
            }
            assertEquals(100, first.get("up").getAsLong());
            assertEquals(5, first.get("down").getAsLong());
            assertEquals("upstream-closed", first.get("cause").getAsString());

            try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                client.connect(UnixDomainSocketAddress.of(path));
                assertEquals(-1, client.read(ByteBuffer.allocate(1)), "it does not leave before");
            }
            JsonObject second = parse(sluice.awaitStdout(1, "a second line", line -> true));
            assertEquals("connect-failed", second.get("cause").getAsString());
            assertEquals("ECONNREFUSED", second.get("error").getAsString());
            assertFalse(second.has("connect_ms"), second::toString);
            String listener = second.get("listener").getAsString();
            assertTrue(listener.startsWith("unix:" + folder + "/a\"quoted\\\"\u00e4"), listener);
        }
    }

    private static JsonObject parse(String line) throws IOException {
        JsonReader reader = new JsonReader(new StringReader(line));
        reader.setStrictness(Strictness.STRICT);
        JsonObject object = JsonParser.parseReader(reader).getAsJsonObject();
        assertEquals(JsonToken.END_DOCUMENT, reader.peek());
        return object;
    }

    @Test
    void everySessionHasOneLine() throws Exception {
        int sessions = 500;
        try (Backend source = Backend.named("hello");
                SluiceProcess sluice = to(source.address(), "--threads", "2")) {
            Set<String> clients = new HashSet<>();
            for (int i = 0; i < sessions; i++) {
                try (Socket socket = TestClient.connect(sluice.port())) {
                    clients.add(Addresses.text(socket.getLocalSocketAddress()));
                    TestClient.receive(socket);
                }
            }
            assertEquals(sessions, clients.size());
            assertEquals(0, sluice.terminate());
            List<AccessLine> lines = sluice.awaitLog(0, sessions);
            assertEquals(sessions, lines.size());
            lines.forEach(line -> assertTrue(clients.remove(line.field("client")), line::text));
        }
    }

    @Test
    void offIsOff() throws Exception {
        try (Backend source = Backend.named("hello");
                SluiceProcess sluice = to(source.address(), "--access-log", "off")) {
            assertGreeted(sluice, 3);
            assertEquals(0, sluice.terminate());
            assertEquals(List.of(), sluice.stdout());
        }
    }

    /** The shell's words that run a command with its stdout elsewhere. */
    private static List<String> shell(String words) {
        return List.of("sh", "-c", words, "sh");
    }

    private static SluiceProcess under(List<String> wrapper, Backend backend, String... more) {
        List<String> flags = new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--to", backend.address()));
        flags.addAll(Arrays.asList(more));
        return SluiceProcess.runUnder(wrapper, Map.of(), flags.toArray(String[]::new));
    }

    /** A pipe that this test holds open, at both ends, so that nobody waits for anybody to open it. */
    private RandomAccessFile pipe() throws IOException, InterruptedException {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        return new RandomAccessFile(fifo.toFile(), "rw");
    }

    private List<String> intoPipe() {
        return shell("exec \"$@\" > '" + folder.resolve("fifo") + "'");
    }

    @Test
    void aReaderThatHasGoneChangesNothing() throws Exception {
        try (Backend source = Backend.named("hello");
                RandomAccessFile pipe = pipe();
                SluiceProcess sluice = under(intoPipe(), source)) {
            assertGreeted(sluice, 1);
            assertTrue(pipe.readLine().contains("cause=upstream-closed"));
            closeNow(pipe);
            assertGoesOn(sluice);
        }
    }

    /** javac warns of closing what a try will close, and here that is the point. */
    private static void closeNow(RandomAccessFile file) throws IOException {
        file.close();
    }

    @Test
    void aDiskThatIsFullChangesNothing() throws Exception {
        try (Backend source = Backend.named("hello");
                SluiceProcess sluice = under(shell("exec \"$@\" > /dev/full"), source)) {
            assertGoesOn(sluice);
        }
    }

    /** No output at all: nothing that the proxy opens may be taken for it. */
    @Test
    void anOutputThatIsClosedFromTheStartChangesNothing() throws Exception {
        try (Backend source = Backend.named("hello");
                SluiceProcess sluice = under(shell("exec \"$@\" >&-"), source)) {
            assertGoesOn(sluice);
        }
    }

    /** It serves, costs nothing when idle, and tells that lines are lost. */
    private static void assertGoesOn(SluiceProcess sluice) throws Exception {
        assertGreeted(sluice, 50);
        sluice.assertIdle(20, Duration.ofMillis(700));
        assertGreeted(sluice, 50);
        sluice.awaitStderr("that lines are lost", line -> line.contains("access log") && line.contains("lost"));
        assertEquals(0, sluice.terminate(), sluice::toString);
        assertTrue(sluice.stderr().size() < 10, sluice::toString);
    }

    @Test
    void aReaderThatNeverReadsHoldsNothingUp() throws Exception {
        try (Backend source = Backend.named("hello");
                RandomAccessFile pipe = pipe();
                SluiceProcess sluice = under(intoPipe(), source, "--drain-timeout", "1s")) {
            assertTrue(pipe.getFD().valid());
            // A pipe takes 64 KiB, some 300 lines.
            assertGreeted(sluice, 800);
            long start = System.nanoTime();
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 15, sluice::toString);
            sluice.awaitStderr("that lines are lost", line -> line.contains("access log") && line.contains("lost"));
        }
    }

    private static void assertGreeted(SluiceProcess sluice, int sessions) {
        IntStream.range(0, sessions).forEach(i -> {
            try (Socket socket = TestClient.connect(sluice.port())) {
                assertEquals("hello", new String(TestClient.receive(socket).bytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
