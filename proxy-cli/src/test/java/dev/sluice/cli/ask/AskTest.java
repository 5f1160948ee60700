package dev.sluice.cli.ask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.Cli;
import dev.sluice.cli.Cli.Result;
import dev.sluice.cli.common.Exit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AskTest {
    private static final String UPSTREAMS = """
            [{"name":"pg","up":true,"paused":false,"held":0,"endpoints":[
              {"name":"db1:5432","address":"10.0.0.1:5432","state":"up","sessions":3,"connected":40,"failures":1,
               "rtt_us":120,"health":{"reason":"the check says so","since":"2000-01-01T00:00:00Z","check":"connected"}},
              {"name":"db2:5432","address":null,"state":"down","sessions":0,"connected":0,"failures":0,
               "health":{"reason":"no address\\u001b[2J","since":"2000-01-01T00:00:00Z","check":null}}]},
             {"name":"unix:/run/a","up":true,"paused":true,"held":2,"endpoints":[
              {"name":"10.0.0.1:5432","address":"10.0.0.1:5432","state":"drain","sessions":1,"connected":1,"failures":0},
              {"name":"unix:/run/b","address":"unix:/run/b","state":"up","sessions":1,"connected":1,"failures":0}]}]
            """;

    private static final String SET = "{\"upstream\":\"pg\",\"endpoint\":\"10.0.0.1:5432\",\"set\":\"down\"}\n";

    @TempDir
    private Path folder;

    private final ScriptedAdmin admin = ScriptedAdmin.tcp().on("GET /api/v1/upstreams", UPSTREAMS);

    @AfterEach
    void end() {
        admin.close();
    }

    private Result run(String... args) {
        return Cli.run(admin.environment(), args);
    }

    private static Result done(Result result) {
        assertEquals(Exit.OK, result.code(), result.err());
        assertEquals("", result.err());
        assertFalse(result.out().contains("\u001b"), result.out());
        return result;
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "sessions", "endpoints", "events", "reload", "drain", "quit", "top"})
    void whichProxy(String command) {
        Cli.run(command).assertComplains(Exit.USAGE, "sluice " + command + ": which proxy? expected --admin");
        Cli.run(command, "--admin", "9901").assertComplains(Exit.USAGE, "--admin '9901'", "the port is missing");
        Cli.run(Map.of("SLUICE_ADMIN", "127.0.0.1:0"), command)
                .assertComplains(Exit.USAGE, "SLUICE_ADMIN '127.0.0.1:0'");
        Cli.run(command, "--admin", "unix:/nowhere/at.all")
                .assertComplains(Exit.FAILED, "sluice: nobody listens at unix:/nowhere/at.all");
        Cli.run(command, "--admin", admin.address(), "--token-file", "/nowhere")
                .assertComplains(Exit.FAILED, "the token file /nowhere does not exist");
    }

    @Test
    void theOptionBeatsTheVariable() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "abc\n");
        admin.on("GET /api/v1/events", "[]\n");
        done(Cli.run(
                Map.of("SLUICE_ADMIN", "127.0.0.1:1", "SLUICE_ADMIN_TOKEN_FILE", "/nowhere"),
                "events",
                "--admin",
                admin.address(),
                "--token-file",
                token.toString()));
        assertTrue(admin.heads().getFirst().contains("Bearer abc"), admin.heads()::toString);
        done(Cli.run(Map.of("SLUICE_ADMIN", admin.address(), "SLUICE_ADMIN_TOKEN_FILE", token.toString()), "events"));
        assertTrue(admin.heads().getLast().contains("Bearer abc"), admin.heads()::toString);
    }

    @Test
    void status() {
        String json = """
                {"version":"1.2","java":"25","pid":77,"state":"running","uptime_seconds":3725,"sessions":4,
                 "reloads":{"applied":2,"refused":1},"log_dropped":3,
                 "counters":{"accepted":900,"bytes_up":1048576,"bytes_down":3145728,"bytes_spliced":2097152}%s}
                """;
        admin.on("GET /api/v1/status", json.formatted("")).on("GET /api/v1/listeners", """
                        [{"name":"a","address":"127.0.0.1:1","upstream":"pg","relay":"splice","listening":true,
                          "accepted":9,"bytes_up":10,"bytes_down":2048},{"name":"\\u009b31m"}]
                        """);
        String out = done(run("status")).out();
        assertTrue(out.startsWith("sluice 1.2  running for 1h 2m, pid 77, JDK 25\n"), out);
        assertTrue(out.contains("\nsessions    4 of 900 accepted\n"), out);
        assertTrue(out.contains("\nbytes       1.0 MiB up, 3.0 MiB down, 50% spliced\n"), out);
        assertTrue(out.contains("\nreloads     2 applied, 1 refused\n"), out);
        assertTrue(out.contains("\nlog         3 lines dropped\n"), out);
        assertTrue(out.contains("127.0.0.1:1  pg        splice  yes               9  10 B  2.0 KiB\n"), out);
        assertTrue(
                out.contains("\n\\x9b31m   -            -         -       -                 -     -        -\n"), out);
        assertTrue(out.matches("(?s).*\npg +up +1 of 2 +0\n.*"), out);
        assertTrue(out.endsWith("\nunix:/run/a  paused        1 of 2     2\n"), out);
        assertFalse(out.contains("loop"), out);
        admin.on(
                "GET /api/v1/status",
                json.formatted(",\"loops\":[{\"loop\":0,\"busy\":0.123,\"turn_p50_us\":3,\"turn_p99_us\":90,"
                        + "\"turn_max_us\":800,\"sessions\":17}]"));
        out = done(run("status")).out();
        assertTrue(out.matches("(?s).*\n0 +12% +3us +90us +800us +17\n"), out);
    }

    @Test
    void jsonIsThatOfTheProxy() {
        String odd = "{ \"b\" : 1,\n\"a\":[2 ] }\n";
        admin.on("GET /api/v1/status", odd);
        assertEquals(odd, done(run("status", "--json")).out());
        assertEquals(UPSTREAMS, done(run("endpoints", "--json")).out());
        admin.on("GET /api/v1/events", odd);
        assertEquals(odd, done(run("events", "--json")).out());
        admin.on("POST /api/v1/drain", 202, odd);
        assertEquals(odd, done(run("drain", "--json")).out());
        admin.on("POST /api/v1/reload", 409, odd);
        Result refused = run("reload", "--json");
        assertEquals(Exit.FAILED, refused.code());
        assertEquals(odd, refused.out());
    }

    @Test
    void endpoints() {
        List<String> lines = done(run("endpoints")).out().lines().toList();
        assertEquals(
                "upstream              endpoint                  state  sessions  connected  failures    rtt     since  check"
                        + "      reason",
                lines.getFirst().replaceAll("rtt +since", "rtt     since"));
        assertTrue(
                lines.get(1)
                        .matches("pg +10\\.0\\.0\\.1:5432 \\(db1:5432\\)  up +3 +40 +1 +120us +\\d+d.* +connected"
                                + " +the check says so"),
                lines.get(1));
        assertTrue(lines.get(2).matches("pg +db2:5432 +down +0 +0 +0 +- .* - +no address\\\\x1b\\[2J"), lines.get(2));
        assertTrue(
                lines.get(3).matches("unix:/run/a \\(paused\\) +10\\.0\\.0\\.1:5432 +drain .* -  +-  +-"),
                lines.get(3));
    }

    @Test
    void sessions() {
        admin.on("GET /api/v1/sessions?limit=10000&sort=age", """
                [{"id":"k3-0-17","state":"relaying","listener":"pg","client":"10.1.1.1:5","upstream":"pg",
                  "endpoint":"10.0.0.1:5432","relay":"splice","up":1536,"down":0,"duration_ms":61500.2,"rtt_us":35},
                 {"id":"k3-1-2","state":"arriving","listener":"pg","client":"unix","upstream":"pg","endpoint":null,
                  "relay":"copy","up":0,"down":0,"duration_ms":12.5,"rtt_us":null}]
                """)
                .on(
                        "GET /api/v1/sessions?limit=2&sort=bytes&listener=a%2Fb&upstream=u&endpoint=e%3A1&client=c%20d",
                        "[]\n");
        admin.on("GET /api/v1/listeners", "[{\"name\":\"a/b\"}]").on("GET /api/v1/upstreams", """
                [{"name":"u","endpoints":[{"name":"e:1","address":null}]}]
                """);
        List<String> lines = done(run("sessions")).out().lines().toList();
        assertEquals(3, lines.size());
        assertTrue(
                lines.get(1)
                        .matches(
                                "k3-0-17 +10\\.1\\.1\\.1:5 +pg +pg +10\\.0\\.0\\.1:5432 +splice +relaying +1m 1s +1\\.5 KiB"
                                        + " +0 B +35us"),
                lines.get(1));
        assertTrue(lines.get(2).matches("k3-1-2 +unix +pg +pg +- +copy +arriving +12ms +0 B +0 B +-"), lines.get(2));
        assertEquals(
                "no sessions\n",
                done(run(
                                "sessions",
                                "--limit",
                                "2",
                                "--sort",
                                "bytes",
                                "--listener",
                                "a/b",
                                "--upstream",
                                "u",
                                "--endpoint",
                                "e:1",
                                "--client",
                                "c d"))
                        .out());
        run("sessions", "--limit", "0").assertComplains(Exit.USAGE, "--limit '0'", "1 to 10000");
        run("sessions", "--sort", "size").assertComplains(Exit.USAGE, "--sort 'size'", "age, bytes, id");
        admin.on("GET /api/v1/sessions?limit=10000&sort=age", 503, "{\"error\":\"sluice-loop-1 does not answer\"}");
        run("sessions").assertComplains(Exit.FAILED, admin.address() + ": sluice-loop-1 does not answer");
    }

    @Test
    void fewerSessionsThanThereAre() {
        String two = "[{\"id\":\"a\"},{\"id\":\"b\"}]\n";
        admin.on("GET /api/v1/sessions?limit=2&sort=age", two).on("GET /api/v1/sessions?limit=3&sort=age", two);
        Result cut = run("sessions", "--limit", "2");
        assertEquals(Exit.OK, cut.code());
        assertEquals(3, cut.out().lines().count());
        assertEquals("sluice: only the first 2; --limit shows more\n", cut.err());
        cut = run("sessions", "--limit", "2", "--json");
        assertEquals(two, cut.out());
        assertEquals("sluice: only the first 2; --limit shows more\n", cut.err());
        done(run("sessions", "--limit", "3"));
        done(run("sessions", "--limit", "3", "--json"));
    }

    /** None of something that is not there is not the same as none. */
    @Test
    void sessionsOfNothing() {
        String path = "GET /api/v1/sessions?limit=10000&sort=age&";
        for (String name : List.of("listener=a", "listener=nope", "upstream=pg", "upstream=nope", "endpoint=nope")) {
            admin.on(path + name, "[]\n");
        }
        admin.on(path + "endpoint=db2%3A5432", "[]\n").on(path + "endpoint=10.0.0.1%3A5432", "[]\n");
        admin.on("GET /api/v1/listeners", "[{\"name\":\"a\"},{\"name\":\"b\"}]");
        for (String[] known : List.of(
                new String[] {"--listener", "a"},
                new String[] {"--upstream", "pg"},
                new String[] {"--endpoint", "db2:5432"},
                new String[] {"--endpoint", "10.0.0.1:5432"})) {
            assertEquals(
                    "no sessions\n", done(run("sessions", known[0], known[1])).out());
            assertEquals(
                    "[]\n", done(run("sessions", "--json", known[0], known[1])).out());
        }
        run("sessions", "--listener", "nope")
                .assertComplains(Exit.FAILED, "sluice: the proxy has no listener 'nope'; it has a, b");
        run("sessions", "--upstream", "nope")
                .assertComplains(Exit.FAILED, "sluice: the proxy has no upstream 'nope'; it has pg, unix:/run/a");
        run("sessions", "--endpoint", "nope")
                .assertComplains(
                        Exit.FAILED,
                        "sluice: the proxy has no endpoint 'nope'; it has db1:5432, 10.0.0.1:5432, db2:5432, unix:/run/b");
        Result json = run("sessions", "--listener", "nope", "--json");
        assertEquals(Exit.FAILED, json.code());
        assertEquals("[]\n", json.out());
        assertTrue(json.err().contains("no listener 'nope'"), json.err());
    }

    /** By its whole name, and by a part of it that only one has; also where names have slashes in them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "pg/10.0.0.1:5432 pg/endpoints/10.0.0.1%3A5432",
                "pg/db1:5432 pg/endpoints/10.0.0.1%3A5432",
                "db1:5432 pg/endpoints/10.0.0.1%3A5432",
                "unix:/run/a/10.0.0.1:5432 unix%3A%2Frun%2Fa/endpoints/10.0.0.1%3A5432",
                "unix:/run/b unix%3A%2Frun%2Fa/endpoints/unix%3A%2Frun%2Fb",
                "unix:/run/a/unix:/run/b unix%3A%2Frun%2Fa/endpoints/unix%3A%2Frun%2Fb"
            })
    void anEndpointByName(String nameAndPath) {
        String[] words = nameAndPath.split(" ", -1);
        admin.on("*", SET);
        for (String state : List.of("up", "down", "drain", "auto")) {
            String out = done(run("endpoint", words[0], state)).out();
            assertTrue(out.startsWith("endpoint pg/10.0.0.1:5432 is "), out);
            assertEquals(
                    "POST /api/v1/upstreams/" + words[1] + "/" + state,
                    admin.requests().getLast());
        }
        assertEquals(SET, done(run("endpoint", words[0], "down", "--json")).out());
    }

    @Test
    void noSuchEndpoint() {
        run("endpoint", "10.0.0.1:5432", "down")
                .assertComplains(
                        Exit.FAILED, "'10.0.0.1:5432' may be 2 endpoints: pg/10.0.0.1:5432, unix:/run/a/10.0.0.1:5432");
        run("endpoint", "db3", "down")
                .assertComplains(Exit.FAILED, "there is no endpoint 'db3'; there are pg/10.0.0.1:5432, pg/db2:5432, ");
        run("endpoint", "db2:5432", "down").assertComplains(Exit.FAILED, "pg/db2:5432 has no address yet");
        run("endpoint", "db1:5432", "off").assertComplains(Exit.USAGE, "'off' is not one of up, down, drain, auto");
        run("endpoint", "db1:5432").assertComplains(Exit.USAGE, "up|down|drain|auto");
        assertTrue(admin.requests().stream().allMatch(request -> request.startsWith("GET")), "nothing was told to it");
    }

    @Test
    void upstreams() {
        admin.on(
                        "POST /api/v1/upstreams/pg/pause",
                        "{\"upstream\":\"pg\",\"paused\":true,\"held_for\":[{\"listener\":\"a\",\"ms\":15000}]}")
                .on(
                        "POST /api/v1/upstreams/two/pause",
                        "{\"upstream\":\"two\",\"paused\":true,\"held_for\":[{\"listener\":\"a\",\"ms\":500},{\"listener\":\"b\",\"ms\":60000}]}")
                .on("POST /api/v1/upstreams/none/pause", "{\"upstream\":\"none\",\"paused\":true,\"held_for\":[]}")
                .on("POST /api/v1/upstreams/pg/resume", "{\"upstream\":\"pg\",\"paused\":false}")
                .on("POST /api/v1/upstreams/pg/rebalance?fraction=0.2", "{\"upstream\":\"pg\",\"ended\":1}")
                .on("POST /api/v1/upstreams/pg/rebalance?fraction=1.0", "{\"upstream\":\"pg\",\"ended\":20}");
        assertEquals(
                "upstream pg is paused: new connections are held for 15s at most, and ended then; resume it before that\n",
                done(run("upstream", "pg", "pause")).out());
        assertEquals(
                "upstream two is paused: new connections are held for a: 500ms, b: 1m at most, and ended then; resume it before that\n",
                done(run("upstream", "two", "pause")).out());
        assertEquals(
                "upstream none is paused: new connections are held\n",
                done(run("upstream", "none", "pause")).out());
        assertEquals(
                "upstream pg takes connections again\n",
                done(run("upstream", "pg", "resume")).out());
        assertEquals(
                "upstream pg: 1 session ended\n",
                done(run("upstream", "pg", "rebalance")).out());
        assertEquals(
                "upstream pg: 20 sessions ended\n",
                done(run("upstream", "pg", "rebalance", "--fraction", "1")).out());
        run("upstream", "pg", "rebalance", "--fraction", "2").assertComplains(Exit.USAGE, "--fraction '2.0'", "0 to 1");
        run("upstream", "pg", "pause", "--fraction", "1").assertComplains(Exit.USAGE, "--fraction is for rebalance");
        run("upstream", "my", "pause")
                .assertComplains(Exit.FAILED, "there is no upstream 'my'; there are pg, unix:/run/a");
    }

    @Test
    void kill() {
        admin.on("POST /api/v1/sessions/k3-0-17/close", "{\"done\":true}\n");
        assertEquals("session k3-0-17 ended\n", done(run("kill", "k3-0-17")).out());
        Result some = run("kill", "k3-0-1", "k3-0-17");
        assertEquals(Exit.FAILED, some.code());
        assertEquals("session k3-0-17 ended\n", some.out());
        assertEquals("sluice: there is no session 'k3-0-1'\n", some.err());
        assertEquals("{\"done\":true}\n", done(run("kill", "k3-0-17", "--json")).out());
        run("kill").assertComplains(Exit.USAGE, "ID");
    }

    @Test
    void reload() {
        admin.on("POST /api/v1/reload", "{\"done\":true,\"messages\":[\"reloaded a.yaml\"]}");
        assertEquals("reloaded a.yaml\n", done(run("reload")).out());
        admin.on("POST /api/v1/reload", 409, "{\"done\":false,\"messages\":[\"a.yaml:1:2: no\",\"not\\nreloaded\"]}");
        Result refused = run("reload");
        assertEquals(Exit.FAILED, refused.code());
        assertEquals("", refused.out());
        assertEquals("sluice: a.yaml:1:2: no\nsluice: not\\x0areloaded\n", refused.err());
        admin.on("POST /api/v1/reload", 500, "{\"error\":\"internal\"}");
        run("reload").assertComplains(Exit.FAILED, "internal");
    }

    @Test
    void drainAndQuit() {
        admin.on("POST /api/v1/drain", 202, "{\"draining\":true}").on("POST /api/v1/quit", 202, "{\"stopping\":true}");
        assertEquals("the proxy drains\n", done(run("drain")).out());
        admin.on("GET /api/v1/status", "{\"sessions\":2}");
        assertEquals("the proxy drains, 2 sessions left\n", done(run("drain")).out());
        admin.on("POST /api/v1/drain", 202, "{\"draining\":true,\"delay_ms\":90000}");
        assertEquals(
                "the proxy is not ready any more, and drains in 1m 30s, 2 sessions\n",
                done(run("drain")).out());
        assertEquals("the proxy stops\n", done(run("quit")).out());
    }

    @Test
    void events() {
        admin.on("GET /api/v1/events", """
                [{"id":1,"time":"2026-01-01T00:00:00Z","kind":"health","text":"a is down"},
                 {"id":2,"time":"2026-01-01T00:00:01Z","kind":"warning","text":"b\\nc"}]
                """);
        assertEquals(
                "2026-01-01T00:00:00Z health a is down\n2026-01-01T00:00:01Z warning b\\x0ac\n",
                done(run("events")).out());
    }
}
