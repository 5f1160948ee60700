package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.FullBacklog;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/** Every way to end, by the line that it has in the access log: who ended it, and how. */
@Relays
@Timeout(60)
class EndsTest {
    private static final byte[] WORD = {1, 2, 3};
    private static final String FILE = """
            threads: 2
            relay: %s
            drain-timeout: 300ms
            admin: "127.0.0.1:0"
            listeners:
              - {name: echo, bind: "127.0.0.1:0", upstream: echo}
              - {name: hello, bind: "127.0.0.1:0", upstream: hello, half-close-timeout: 300ms}
              - {name: resetting, bind: "127.0.0.1:0", upstream: resetting}
              - {name: idle, bind: "127.0.0.1:0", upstream: echo, idle-timeout: 400ms}
              - {name: old, bind: "127.0.0.1:0", upstream: echo, max-session-age: 1s}
              - {name: gone, bind: "127.0.0.1:0", upstream: gone, connect-deadline: 1s}
              - {name: deaf, bind: "127.0.0.1:0", upstream: deaf, connect-timeout: 300ms}
              - {name: refusing, bind: "127.0.0.1:0", upstream: refusing}
              - {name: holding, bind: "127.0.0.1:0", upstream: holding}
              - {name: full, bind: "127.0.0.1:0", upstream: full, connect-deadline: 500ms}
              - {name: cancels, bind: "127.0.0.1:0", upstream: cancels}
              - {name: moved, bind: "127.0.0.1:0", upstream: moved}
              - {name: failing, bind: "127.0.0.1:0", upstream: failing}
            upstreams:
              - {name: echo, endpoints: ["%s"]}
              - {name: hello, endpoints: ["%s"]}
              - {name: resetting, endpoints: ["%s"]}
              - {name: gone, endpoints: ["%s"]}
              - {name: deaf, endpoints: ["%s"]}
              - {name: refusing, endpoints: ["%5$s"], health: {check: tcp, start: down}}
              - {name: holding, endpoints: ["%5$s"], when-down: {hold: 500ms, max: 1}, health: {check: tcp, start: down}}
              - {name: full, endpoints: [{address: "%2$s", max-sessions: 1}]}
              - {name: cancels, endpoints: ["%5$s"], postgres-cancel: true, health: {check: tcp, start: down}}
              - {name: moved, endpoints: ["%2$s"]}
              - {name: failing, endpoints: ["%2$s"], on-down: close}
            """;
    private static final List<String> LISTENERS = FILE.lines()
            .filter(line -> line.contains("bind:"))
            .map(line -> line.replaceAll(".*name: (\\w+).*", "$1"))
            .toList();

    private static final List<AutoCloseable> OPEN = new ArrayList<>();

    @TempDir
    private static Path folder;

    private static @Nullable SluiceProcess running;

    private static @Nullable Backend echo;

    @Parameter
    private Relay relay = Relay.SPLICE;

    @BeforeParameterizedClassInvocation
    static void start(Relay relay) throws IOException {
        Backend echoing = Backend.echo();
        OPEN.add(echoing);
        echo = echoing;
        Backend hello = Backend.named("hello");
        OPEN.add(hello);
        Backend resetting = Backend.start(socket -> {
            socket.getInputStream().read();
            socket.setSoLinger(true, 0);
        });
        OPEN.add(resetting);
        FullBacklog deaf = new FullBacklog();
        OPEN.add(deaf);
        Path file = Files.writeString(
                folder.resolve(relay + ".yaml"),
                FILE.formatted(
                        relay.word(),
                        echoing.address(),
                        hello.address(),
                        resetting.address(),
                        "127.0.0.1:" + Machine.freePort(),
                        deaf.address()));
        SluiceProcess started = SluiceProcess.run("-c", file.toString());
        started.awaitListening(LISTENERS.size());
        OPEN.add(started);
        running = started;
    }

    @AfterParameterizedClassInvocation
    static void stop() throws Exception {
        for (AutoCloseable one : OPEN.reversed()) {
            one.close();
        }
        OPEN.clear();
    }

    private static SluiceProcess sluice() {
        assertNotNull(running);
        return running;
    }

    private static String echoAddress() {
        assertNotNull(echo);
        return echo.address();
    }

    private static Socket connect(String listener) throws IOException {
        String address = sluice().listening(LISTENERS.indexOf(listener));
        return TestClient.connect(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
    }

    /** The line of this client, which must say so. */
    private static AccessLine assertEnd(String expected, @Nullable String error, Socket client) {
        AccessLine line = sluice().awaitLog(0, client.getLocalSocketAddress());
        assertTrue(line.text().matches(AccessLogTest.TEXT), line::text);
        assertEquals(expected, line.end(), line::text);
        assertEquals(error, line.error(), line::text);
        return line;
    }

    private static void assertReset(Socket client) throws IOException {
        assertFalse(TestClient.receive(client).clean());
    }

    private static void order(String path) throws IOException, InterruptedException {
        String said = sluice().awaitStderr("the admin interface", text -> text.contains("admin interface on "));
        String host = said.replaceAll(".* on ([0-9.:]+).*", "$1");
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpRequest order = HttpRequest.newBuilder(URI.create("http://" + host + "/api/v1/upstreams/" + path))
                    .header("X-Sluice", "1")
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build();
            HttpResponse<String> answer = client.send(order, HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer::body);
        }
    }

    @Test
    void theClientSaysItIsDone() throws IOException {
        try (Socket client = connect("echo")) {
            TestClient.echo(client, WORD);
            client.shutdownOutput();
            assertTrue(TestClient.receive(client).clean());
            AccessLine line = assertEnd("client fin", null, client);
            assertEquals("echo", line.field("upstream"));
            assertEquals(echoAddress(), line.field("endpoint"));
            assertEquals(relay.word(), line.field("relay"));
        }
    }

    @Test
    void theUpstreamSaysItIsDone() throws IOException {
        try (Socket client = connect("hello")) {
            assertTrue(TestClient.receive(client).clean());
            client.shutdownOutput();
            AccessLine line = assertEnd("upstream fin", null, client);
            assertEquals("-", line.field("first_up_ms"));
        }
    }

    @Test
    void theClientResets() throws IOException {
        SocketAddress address;
        try (Socket client = connect("echo")) {
            TestClient.echo(client, WORD);
            client.setSoLinger(true, 0);
            address = client.getLocalSocketAddress();
        }
        AccessLine line = sluice().awaitLog(0, address);
        assertEquals("client reset", line.end(), line::text);
        assertEquals("ECONNRESET", line.error());
    }

    @Test
    void theUpstreamResets() throws IOException {
        try (Socket client = connect("resetting")) {
            client.getOutputStream().write(WORD);
            assertReset(client);
            assertEnd("upstream reset", "ECONNRESET", client);
        }
    }

    @Test
    void nobodySaysAnything() throws IOException {
        try (Socket client = connect("idle")) {
            assertReset(client);
            AccessLine line = assertEnd("proxy idle", null, client);
            assertTrue(line.durationMillis() >= 400, line::text);
        }
    }

    @Test
    void oneIsDoneAndTheOtherSaysNothing() throws IOException {
        try (Socket client = connect("hello")) {
            assertTrue(TestClient.receive(client).clean());
            assertEnd("proxy half-close", null, client);
        }
    }

    @Test
    void itIsTooOld() throws IOException {
        try (Socket client = connect("old")) {
            assertReset(client);
            AccessLine line = assertEnd("proxy age", null, client);
            assertTrue(line.durationMillis() >= 899, line::text);
        }
    }

    @Test
    void nobodyListens() throws IOException {
        try (Socket client = connect("gone")) {
            assertReset(client);
            AccessLine line = assertEnd("upstream connect-failed", "ECONNREFUSED", client);
            assertEquals("-", line.field("connect_ms"));
            assertTrue(Integer.parseInt(line.field("tries")) >= 1, line::text);
        }
    }

    @Test
    void nobodyAnswers() throws IOException {
        try (Socket client = connect("deaf")) {
            assertReset(client);
            assertEnd("upstream connect-timeout", "ETIMEDOUT", client);
        }
    }

    @Test
    void nobodyIsUpAndNobodyIsHeld() throws IOException {
        try (Socket client = connect("refusing")) {
            assertReset(client);
            AccessLine line = assertEnd("proxy refused", null, client);
            assertEquals("- 0 0.0", line.field("endpoint") + " " + line.field("tries") + " " + line.field("wait_ms"));
            assertEquals("refusing", line.field("upstream"));
        }
    }

    @Test
    void nobodyToCancelAt() throws IOException {
        try (Socket client = connect("cancels")) {
            client.getOutputStream()
                    .write(ByteBuffer.allocate(16)
                            .putInt(16)
                            .putInt(80877102)
                            .putLong(7)
                            .array());
            assertReset(client);
            assertEnd("proxy refused", null, client);
        }
    }

    @Test
    void heldInVainAndNoRoomToBeHeld() throws Exception {
        try (Socket held = connect("holding")) {
            Thread.sleep(100);
            try (Socket second = connect("holding")) {
                assertReset(second);
                assertEnd("proxy limit", null, second);
            }
            assertReset(held);
            AccessLine line = assertEnd("proxy down", null, held);
            assertTrue(Double.parseDouble(line.field("wait_ms")) >= 400, line::text);
        }
    }

    @Test
    void everyEndpointIsFull() throws IOException {
        try (Socket first = connect("full")) {
            assertArrayEquals(WORD, TestClient.echo(first, WORD));
            try (Socket second = connect("full")) {
                assertReset(second);
                AccessLine line = assertEnd("proxy limit", null, second);
                assertTrue(Double.parseDouble(line.field("wait_ms")) >= 400, line::text);
            }
        }
    }

    @Test
    void byHand() throws Exception {
        try (Socket client = connect("moved")) {
            TestClient.echo(client, WORD);
            order("moved/rebalance?fraction=1");
            assertReset(client);
            assertEnd("proxy admin", null, client);
        }
    }

    @Test
    void itsEndpointGoesDown() throws Exception {
        try (Socket client = connect("failing")) {
            TestClient.echo(client, WORD);
            order("failing/endpoints/" + echoAddress() + "/down");
            assertReset(client);
            assertEnd("proxy down", null, client);
            order("failing/endpoints/" + echoAddress() + "/auto");
        }
    }

    private SluiceProcess another(List<String> wrapper, String... more) {
        List<String> flags = new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--to", echoAddress()));
        flags.addAll(List.of("--relay", relay.word(), "--threads", "1"));
        flags.addAll(List.of(more));
        return SluiceProcess.runUnder(wrapper, Map.of(), flags.toArray(String[]::new));
    }

    private static void assertOnlyLine(String expected, @Nullable String error, SluiceProcess of) {
        AccessLine line = of.awaitLog(0, 1).getFirst();
        assertTrue(line.text().matches(AccessLogTest.TEXT), line::text);
        assertEquals(expected, line.end(), line::text);
        assertEquals(error, line.error(), line::text);
    }

    @Test
    void theTimeToDrainIsOver() throws Exception {
        try (SluiceProcess drained = another(List.of(), "--drain-timeout", "200ms");
                Socket client = TestClient.connect(drained.port())) {
            TestClient.echo(client, WORD);
            drained.signal("TERM");
            assertReset(client);
            assertOnlyLine("proxy drain", null, drained);
            assertEquals(0, drained.awaitExit());
        }
    }

    /** One more descriptor, and it is the client's: there is none to connect with. */
    @Test
    void thereIsNoDescriptor() throws Exception {
        String prlimit = Machine.needs("prlimit", "util-linux").toString();
        try (SluiceProcess poor = another(List.of(), "--connect-timeout", "300ms", "--connect-deadline", "300ms")) {
            try (Socket client = TestClient.connect(poor.port())) {
                TestClient.echo(client, WORD); // what is opened with the first session is open
            }
            poor.awaitLog(0, 1);
            Eventually.holds("it is idle", () -> {
                List<Integer> free = firstFree(poor.pid());
                Thread.sleep(100);
                return free.equals(firstFree(poor.pid()));
            });
            int most = firstFree(poor.pid()).get(1);
            assertEquals(
                    0,
                    new ProcessBuilder(prlimit, "--pid", String.valueOf(poor.pid()), "--nofile=" + most + ":")
                            .start()
                            .waitFor());
            try (Socket client = TestClient.connect(poor.port())) {
                assertReset(client);
            }
            AccessLine line = poor.awaitLog(1, 2).getFirst();
            assertEquals("proxy no-resources", line.end(), line::text);
            assertEquals("EMFILE", line.error());
            assertTrue(Double.parseDouble(line.field("wait_ms")) >= 200, line::text);
        }
    }

    /** The lowest two numbers that it has no descriptor of. */
    private static List<Integer> firstFree(long pid) {
        List<Integer> free = new ArrayList<>();
        for (int fd = 0; free.size() < 2; fd++) {
            if (!Files.exists(Path.of("/proc/" + pid + "/fd/" + fd), LinkOption.NOFOLLOW_LINKS)) {
                free.add(fd);
            }
        }
        return free;
    }

    /** connect(2) answers what it never does; strace(1) plays it. */
    @Test
    void theKernelAnswersWhatItShouldNot() throws IOException {
        String strace = Machine.needs("strace", "strace").toString();
        List<String> wrapper = List.of(
                strace, "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=connect", "-e", "inject=connect:error=EIO");
        try (SluiceProcess odd = another(wrapper, "--connect-deadline", "400ms", "--connect-timeout", "300ms");
                Socket client = TestClient.connect(odd.port())) {
            assertReset(client);
            assertOnlyLine("proxy internal-error", "EIO", odd);
        }
    }
}
