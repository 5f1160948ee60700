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
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The access log: one line for each session, with the right numbers, whoever reads it or does not. */
@Timeout(60)
class AccessLogTest {
    /** Every line of it, whatever became of the session. */
    static final String TEXT = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z event=(start|interval|end)"
            + " id=[0-9a-z-]{1,24} listener=\\S+ client=\\S+ upstream=\\S+ endpoint=\\S+ relay=\\S+ up=\\d+ down=\\d+"
            + " spliced=\\d+ tries=\\d+ wait_ms=\\d+\\.\\d connect_ms=(-|\\d+\\.\\d) first_up_ms=(-|\\d+\\.\\d)"
            + " first_down_ms=(-|\\d+\\.\\d) duration_ms=\\d+\\.\\d who=(-|client|upstream|proxy) cause=(-|[a-z-]+)"
            + " error=(-|E[A-Z]+) rtt_us=(-|\\d+) retransmits=(-|\\d+)";

    private static final String KEYS =
            "[time, event, id, listener, client, upstream, endpoint, relay, up, down, spliced,"
                    + " tries, wait_ms, connect_ms, first_up_ms, first_down_ms, duration_ms, who, cause, error, rtt_us,"
                    + " retransmits]";

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
            assertEquals(echo.address(), line.field("endpoint"));
            assertEquals(relay.word(), line.field("relay"));
            assertEquals(5000, line.up());
            assertEquals(5000, line.down());
            assertEquals("client fin", line.end());
            double connect = Double.parseDouble(line.field("connect_ms"));
            assertTrue(line.durationMillis() >= 50 && line.durationMillis() < 20_000, line.text());
            assertTrue(connect >= 0 && connect < line.durationMillis(), line.text());
            assertEquals("end", line.field("event"));
            assertEquals("1", line.field("tries"));
            assertEquals("0.0", line.field("wait_ms"));
            for (String first : List.of("first_up_ms", "first_down_ms")) {
                double millis = Double.parseDouble(line.field(first));
                assertTrue(millis >= connect && millis <= line.durationMillis(), line.text());
            }
            assertTrue(relay != Relay.SPLICE || line.field("spliced").equals("10000"), line.text());
            assertTrue(relay != Relay.COPY || line.field("spliced").equals("0"), line.text());
        }
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
            assertEquals(KEYS, first.keySet().toString());
            Instant.parse(first.get("time").getAsString());
            for (String number : List.of(
                    "up",
                    "down",
                    "spliced",
                    "tries",
                    "wait_ms",
                    "connect_ms",
                    "first_up_ms",
                    "first_down_ms",
                    "duration_ms")) {
                assertTrue(first.getAsJsonPrimitive(number).isNumber(), number);
            }
            assertEquals(100, first.get("up").getAsLong());
            assertEquals(5, first.get("down").getAsLong());
            assertEquals("upstream", first.get("who").getAsString());
            assertEquals("fin", first.get("cause").getAsString());
            assertTrue(first.get("error").isJsonNull());

            try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                client.connect(UnixDomainSocketAddress.of(path));
                assertEquals(-1, client.read(ByteBuffer.allocate(1)), "it does not leave before");
            }
            JsonObject second = parse(sluice.awaitStdout(1, "a second line", line -> true));
            assertEquals(KEYS, second.keySet().toString());
            assertEquals("upstream", second.get("who").getAsString());
            assertEquals("connect-failed", second.get("cause").getAsString());
            assertEquals("ECONNREFUSED", second.get("error").getAsString());
            for (String none : List.of("connect_ms", "first_up_ms", "first_down_ms")) {
                assertTrue(second.get(none).isJsonNull(), second::toString);
            }
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
            assertEquals(
                    sessions,
                    lines.stream().map(line -> line.field("id")).distinct().count());
        }
    }

    /** The same session in all of them, and the same keys. */
    @Test
    void whenItBeginsAndWhileItLives() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        to(echo.address(), "--access-log-start", "true", "--access-log-interval", "1s")) {
            try (Socket socket = TestClient.connect(sluice.port())) {
                AccessLine start = sluice.awaitLog(0, 1).getFirst();
                assertEquals(echo.address(), start.field("endpoint"), start::text);
                TestClient.echo(socket, new byte[100]);
                sluice.awaitLog(0, 3);
            }
            List<AccessLine> lines = sluice.awaitLog(0, 4);
            lines.forEach(line -> assertTrue(line.text().matches(TEXT), line::text));
            assertEquals(
                    List.of("start", "interval", "interval", "end"),
                    lines.stream().map(line -> line.field("event")).toList());
            assertEquals(
                    1, lines.stream().map(line -> line.field("id")).distinct().count());
            assertEquals(
                    List.of(0L, 100L, 100L, 100L),
                    lines.stream().map(AccessLine::down).toList());
            assertEquals("- -", lines.get(1).end());
            assertEquals("client fin", lines.getLast().end());
        }
    }

    /** A flood of them is counted, and fills no disk. */
    @Test
    void ofThoseThatAreTurnedAwayAFewHaveALine() throws Exception {
        int clients = 600;
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                admin: "127.0.0.1:0"
                listeners: [{name: front, bind: "127.0.0.1:0", upstream: back}]
                upstreams:
                  - {name: back, endpoints: ["127.0.0.1:%d"], health: {check: tcp, start: down}}
                """.formatted(Machine.freePort()));
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            long start = System.nanoTime();
            for (int i = 0; i < clients; i++) {
                try (Socket socket = TestClient.connect(sluice.port())) {
                    assertFalse(TestClient.receive(socket).clean());
                }
            }
            long seconds = 2 + Duration.ofNanos(System.nanoTime() - start).toSeconds();
            String admin = sluice.awaitStderr("the admin interface", line -> line.contains("admin interface on "))
                    .replaceAll(".* on ([0-9.:]+).*", "http://$1/metrics");
            try (InputStream metrics = URI.create(admin).toURL().openStream()) {
                String text = new String(metrics.readAllBytes(), StandardCharsets.UTF_8);
                assertTrue(
                        text.contains("sluice_refused_total{listener=\"front\",reason=\"down\"} " + clients + ".0\n"),
                        text);
                assertTrue(text.contains("sluice_log_dropped_total 0.0"), text);
            }
            sluice.awaitStderr(
                    "what has no line, without another one",
                    line -> line.contains(" refused connections have no line"));
            assertEquals(0, sluice.terminate());
            List<AccessLine> lines = sluice.awaitLog(0, 1);
            assertTrue(lines.size() >= 100 && lines.size() <= 100 * seconds, () -> lines.size() + " lines");
            lines.forEach(line -> assertEquals("proxy refused", line.end(), line::text));
            long without = sluice.stderr().stream()
                    .filter(line -> line.contains(" refused connections have no line"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll(".*: (\\d+) refused.*", "$1")))
                    .sum();
            assertEquals(clients, lines.size() + without, sluice::toString);
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
            assertTrue(pipe.readLine().contains(" who=upstream cause=fin "));
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

    /** The shell's stdout is a description that a program of the same terminal or job has made non-blocking. */
    @Test
    void anOutputThatDoesNotBlockIsWaitedFor() throws Exception {
        String python = Machine.needs("python3", "python3").toString();
        try (Backend source = Backend.named("hello");
                RandomAccessFile pipe = pipe();
                SluiceProcess sluice = under(
                        shell("exec > '" + folder.resolve("fifo") + "'; '" + python
                                + "' -c 'import os; os.set_blocking(1, False)'; exec \"$@\""),
                        source)) {
            int sessions = 800; // more than a pipe takes
            assertGreeted(sluice, sessions);
            sluice.assertIdle(20, Duration.ofMillis(700));
            for (int i = 0; i < sessions; i++) {
                String line = pipe.readLine();
                assertTrue(line.matches(TEXT), line);
            }
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertFalse(sluice.stderr().stream().anyMatch(line -> line.contains("lost")), sluice::toString);
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
