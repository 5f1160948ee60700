package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands that ask a running proxy, over each kind of socket. */
@Timeout(120)
class CommandsTest {
    private static final int FAILED = 1;
    /** By SIGTERM, as a shell tells it. */
    private static final int TERMINATED = 143;

    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);
    private static final String ANY = "127.0.0.1:0";
    private static final String ADMIN = "--admin";

    @TempDir
    private Path folder;

    /** What a command said and how it ended. */
    private record Result(int code, List<String> out, List<String> err) {
        String text() {
            return String.join("\n", out);
        }
    }

    private static SluiceProcess proxy(Backend backend, String... more) {
        List<String> words = new ArrayList<>(List.of("--listen", ANY, "--to", backend.address(), ADMIN));
        words.addAll(List.of(more));
        return SluiceProcess.run(words.toArray(String[]::new));
    }

    /** Where its admin interface is. */
    private static String address(SluiceProcess sluice) {
        String line = sluice.awaitStderr("the admin interface", text -> text.contains("admin interface on "));
        return line.replaceAll(".* on ([^,]*).*", "$1");
    }

    private static Result ask(SluiceProcess proxy, String... words) {
        return ask(Map.of("SLUICE_ADMIN", address(proxy)), words);
    }

    private static Result ask(Map<String, String> environment, String... words) {
        try (SluiceProcess command = SluiceProcess.start(environment, words)) {
            int code = command.awaitExit();
            return new Result(code, command.stdout(), command.stderr());
        }
    }

    private static String done(Result result) {
        assertEquals(0, result.code(), result::toString);
        assertEquals(List.of(), result.err());
        return result.text();
    }

    private static void complains(Result result, String part) {
        assertEquals(FAILED, result.code(), result::toString);
        assertEquals(List.of(), result.out());
        assertEquals(1, result.err().size(), result::toString);
        assertTrue(result.err().getFirst().contains(part), result::toString);
    }

    @Test
    void tables() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, ANY);
                Socket session = TestClient.connect(sluice.port())) {
            TestClient.echo(session, HELLO);
            String status = done(ask(sluice, "status"));
            assertTrue(status.contains("running for ") && status.contains("pid " + sluice.pid()), status);
            assertTrue(status.contains("1 of 1 accepted") && status.contains("5 B up, 5 B down"), status);
            assertTrue(status.contains(sluice.listening(0)), status);
            String endpoints = done(ask(sluice, "endpoints"));
            assertTrue(endpoints.matches("(?s)upstream +endpoint .*" + echo.address() + " +up +1 +1 +0 .*"), endpoints);
            assertTrue(done(ask(sluice, "events")).contains("service listening on "));
            String json = done(ask(sluice, "status", "--json"));
            assertEquals(
                    1,
                    JsonParser.parseString(json)
                            .getAsJsonObject()
                            .get("sessions")
                            .getAsInt(),
                    json);
        }
    }

    @Test
    void anEndpointByHand() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, ANY)) {
            String upstream = ANY;
            assertEquals(
                    "endpoint " + upstream + "/" + echo.address() + " is down",
                    done(ask(sluice, "endpoint", echo.address(), "down")));
            assertTrue(done(ask(sluice, "endpoints")).contains("set by hand"));
            done(ask(sluice, "endpoint", upstream + "/" + echo.address(), "auto"));
            AdminClient admin = AdminClient.of(sluice);
            assertEquals(200, admin.get("/readyz").status());
            complains(ask(sluice, "endpoint", "10.0.0.1:1", "down"), "there is " + upstream + "/" + echo.address());
            done(ask(sluice, "upstream", upstream, "pause"));
            assertTrue(done(ask(sluice, "status")).contains("paused"));
            done(ask(sluice, "upstream", upstream, "resume"));
            complains(ask(sluice, "upstream", "nobody", "pause"), "there are " + upstream);
            try (Socket session = TestClient.connect(sluice.port())) {
                TestClient.echo(session, HELLO);
                assertEquals(
                        "upstream " + upstream + ": 1 session ended",
                        done(ask(sluice, "upstream", upstream, "rebalance", "--fraction", "1")));
                assertFalse(TestClient.receive(session).clean());
            }
        }
    }

    /** Who is connected is seen while it is, in either form, and can be ended. */
    @Test
    void sessions() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, ANY);
                Socket one = TestClient.connect(sluice.port());
                Socket other = TestClient.connect(sluice.port())) {
            TestClient.echo(one, new byte[5000]);
            TestClient.echo(other, HELLO);
            List<String> table = ask(sluice, "sessions", "--sort", "bytes").out();
            assertEquals(3, table.size(), table::toString);
            String largest = table.get(1);
            assertTrue(
                    largest.matches("\\S+ +" + Addresses.text(one.getLocalSocketAddress()) + " .* " + echo.address()
                            + " .*relaying .* 4\\.9 KiB +4\\.9 KiB +\\S+"),
                    largest);
            String id = largest.replaceAll(" .*", "");
            String json =
                    done(ask(sluice, "sessions", "--json", "--client", Addresses.text(one.getLocalSocketAddress())));
            assertEquals(
                    id,
                    JsonParser.parseString(json)
                            .getAsJsonArray()
                            .get(0)
                            .getAsJsonObject()
                            .get("id")
                            .getAsString());
            assertEquals("no sessions", done(ask(sluice, "sessions", "--client", "192.0.2.1")));
            complains(
                    ask(sluice, "sessions", "--listener", "another"),
                    "has no listener 'another'; it has " + sluice.listening(0));
            assertEquals("session " + id + " ended", done(ask(sluice, "kill", id)));
            assertFalse(TestClient.receive(one).clean());
            complains(ask(sluice, "kill", id), "there is no session '" + id + "'");
            TestClient.echo(other, HELLO);
        }
    }

    /** Names with slashes in them: a listener's is its upstream's, too. */
    @Test
    void unixSocketsByName() {
        String listen = "unix:" + folder.resolve("in.sock");
        String to = "unix:" + folder.resolve("out.sock");
        try (SluiceProcess sluice = SluiceProcess.run("--listen", listen, "--to", to, ADMIN, ANY)) {
            assertEquals("endpoint " + listen + "/" + to + " is draining", done(ask(sluice, "endpoint", to, "drain")));
            done(ask(sluice, "endpoint", listen + "/" + to, "auto"));
            done(ask(sluice, "upstream", listen, "pause"));
        }
    }

    @Test
    void reload() throws IOException {
        try (Backend echo = Backend.echo()) {
            Path file = folder.resolve("sluice.yaml");
            String text = """
                    admin: 127.0.0.1:0
                    listeners: [{name: a, bind: "127.0.0.1:0", upstream: u}]
                    upstreams: [{name: u, endpoints: ["%s"]}]
                    """.formatted(echo.address());
            Files.writeString(file, text);
            try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
                assertTrue(done(ask(sluice, "reload")).startsWith("reloaded " + file));
                Files.writeString(file, text.replace("upstream: u}", "upstream: nobody}"));
                Result refused = ask(sluice, "reload");
                assertEquals(FAILED, refused.code());
                assertEquals(List.of(), refused.out());
                assertTrue(refused.err().getFirst().contains(file + ":2:"), refused::toString);
                assertTrue(refused.err().getLast().startsWith("sluice: not reloaded: "), refused::toString);
            }
            try (SluiceProcess sluice = proxy(echo, ANY)) {
                Result refused = ask(sluice, "reload");
                assertEquals(FAILED, refused.code());
                assertEquals(
                        List.of("sluice: not reloaded: the proxy was started without a configuration file"),
                        refused.err());
            }
        }
    }

    @Test
    void drainAndQuit() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, ANY)) {
            try (Socket session = TestClient.connect(sluice.port())) {
                TestClient.echo(session, HELLO);
                assertEquals("the proxy drains, 1 session left", done(ask(sluice, "drain")));
                Eventually.holds("it drains", () -> done(ask(sluice, "status")).contains("draining"));
                assertTrue(done(ask(sluice, "status")).contains("the sessions that are left are cut in "));
                TestClient.echo(session, HELLO);
            }
            assertEquals(0, sluice.awaitExit());
        }
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, ANY);
                Socket session = TestClient.connect(sluice.port())) {
            TestClient.echo(session, HELLO);
            assertEquals("the proxy stops", done(ask(sluice, "quit")));
            assertFalse(TestClient.receive(session).clean());
            assertEquals(0, sluice.awaitExit());
        }
    }

    @Test
    void overAUnixSocketAndIpv6() {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, "unix:" + folder.resolve("admin.sock"))) {
            assertTrue(done(ask(sluice, "status")).contains("pid " + sluice.pid()));
        }
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, "[::1]:0")) {
            assertTrue(address(sluice).startsWith("[::1]:"), address(sluice));
            assertTrue(done(ask(sluice, "status")).contains("pid " + sluice.pid()));
            String name = address(sluice).replace("[::1]", "ip6-localhost");
            assertEquals(FAILED, ask(Map.of("SLUICE_ADMIN", name), "status").code(), "a host that it does not know");
        }
    }

    /** The right token, a wrong one, none; and nothing of either is shown. */
    @Test
    void tokens() throws IOException {
        Path right = Files.writeString(folder.resolve("right"), "tell-nobody\n");
        Path wrong = Files.writeString(folder.resolve("wrong"), "some-other\n");
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, ANY, "--admin-token-file", right.toString())) {
            done(ask(sluice, "status", "--token-file", right.toString()));
            done(ask(
                    Map.of("SLUICE_ADMIN", address(sluice), "SLUICE_ADMIN_TOKEN_FILE", right.toString()), "endpoints"));
            complains(ask(sluice, "status"), "wants a token: --token-file");
            Result refused = ask(sluice, "status", "--token-file", wrong.toString());
            complains(refused, "does not take the token in " + wrong);
            assertFalse(refused.toString().contains("some-other"), refused::toString);
            complains(
                    ask(sluice, "reload", "--token-file", folder.resolve("none").toString()), "does not exist");
        }
    }

    /** A port on which something else listens. */
    @Test
    void somebodyElse() {
        try (Backend other = Backend.source("SSH-2.0-Other\r\n".getBytes(StandardCharsets.UTF_8))) {
            complains(
                    ask(Map.of("SLUICE_ADMIN", other.address()), "status"),
                    "what listens at " + other.address() + " is not the admin interface of a Sluice");
        }
    }

    /** What happens while it follows, and goes on with the process that comes next. */
    @Test
    void followsEvents() {
        String admin = "127.0.0.1:" + Machine.freePort();
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, admin);
                SluiceProcess follow = SluiceProcess.start(Map.of("SLUICE_ADMIN", admin), "events", "--follow")) {
            follow.awaitStdout(0, "what was before", line -> line.contains("listening on"));
            done(ask(sluice, "endpoint", echo.address(), "down"));
            follow.awaitStdout(0, "what is new", line -> line.contains("set by hand"));
            assertEquals(0, sluice.terminate());
            follow.awaitStderr("that it waits", line -> line.endsWith("; waiting for it to be back"));
            int before = follow.stdout().size();
            try (SluiceProcess next = proxy(echo, admin)) {
                follow.awaitStdout(before, "the next one's first", line -> line.contains(next.listening(0)));
                done(ask(next, "endpoint", echo.address(), "drain"));
                follow.awaitStdout(before, "what is new there", line -> line.contains("is drain"));
                follow.signal("TERM"); // SIGINT is ignored by what a shell runs in the background
                assertEquals(TERMINATED, follow.awaitExit());
            }
            assertEquals(1, follow.stderr().size(), follow::toString);
            assertEquals(
                    follow.stdout().size(), follow.stdout().stream().distinct().count(), "each once");
        }
    }
}
