package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Words;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the admin interface tells and does. */
@Timeout(120)
class AdminTest {
    private static final String ADMIN = "--admin";
    private static final String ANY = "127.0.0.1:0";
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private static SluiceProcess run(Backend backend, String... more) {
        String[] flags = {"--listen", ANY, "--to", backend.address()};
        return SluiceProcess.run(Words.of(flags, more));
    }

    @Test
    void overTcpWithAnUsualClient() throws IOException, InterruptedException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = run(echo, ADMIN, ANY);
                Socket session = TestClient.connect(sluice.port())) {
            TestClient.echo(session, HELLO);
            AdminClient admin = AdminClient.of(sluice);
            try (HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
                HttpRequest status = HttpRequest.newBuilder(URI.create("http://" + admin.host() + "/api/v1/status"))
                        .build();
                HttpResponse<String> answer = client.send(status, HttpResponse.BodyHandlers.ofString());
                assertEquals(200, answer.statusCode());
                assertEquals(
                        "no-store", answer.headers().firstValue("cache-control").orElse(""));
                assertEquals(
                        "nosniff",
                        answer.headers().firstValue("x-content-type-options").orElse(""));
                assertTrue(answer.headers()
                        .firstValue("content-security-policy")
                        .orElse("")
                        .contains("'none'"));
                assertTrue(answer.body().contains("\"sessions\":1,"), answer::body);
                assertTrue(answer.body().contains("\"silent_loops\":[]"), answer::body);
            }
        }
    }

    @Test
    void overAUnixSocketThatOnlyItsUserReaches() throws IOException {
        Path socket = folder.resolve("admin.sock");
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = run(echo, ADMIN, "unix:" + socket)) {
            AdminClient admin = AdminClient.of(sluice);
            assertEquals(0600, (int) Files.getAttribute(socket, "unix:mode") & 0777);
            assertEquals(200, admin.get("/healthz").status());
            assertEquals(200, admin.get("/readyz").status());
            assertEquals(0, sluice.terminate());
            assertFalse(Files.exists(socket), "its file goes with it");
        }
    }

    @Test
    void stateOfListenersAndUpstreams() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = run(echo, ADMIN, ANY);
                Socket session = TestClient.connect(sluice.port())) {
            TestClient.echo(session, HELLO);
            AdminClient admin = AdminClient.of(sluice);
            JsonObject listener = admin.get("/api/v1/listeners")
                    .json()
                    .getAsJsonArray()
                    .get(0)
                    .getAsJsonObject();
            assertEquals(sluice.listening(0), listener.get("address").getAsString());
            JsonObject upstream = admin.get("/api/v1/upstreams")
                    .json()
                    .getAsJsonArray()
                    .get(0)
                    .getAsJsonObject();
            assertTrue(upstream.get("up").getAsBoolean());
            assertEquals(1, upstream.getAsJsonObject("connect").get("count").getAsInt(), "while it lives");
            JsonObject endpoint = upstream.getAsJsonArray("endpoints").get(0).getAsJsonObject();
            assertEquals(echo.address(), endpoint.get("address").getAsString());
            assertEquals(1, endpoint.get("sessions").getAsInt());
            JsonObject config = admin.get("/api/v1/config").json().getAsJsonObject();
            assertEquals("30s", config.get("drain-timeout").getAsString());
            JsonObject from = config.getAsJsonArray("listeners").get(0).getAsJsonObject();
            assertEquals(ANY, from.get("bind").getAsString());
            assertEquals("1h", from.get("idle-timeout").getAsString());
            JsonObject to = config.getAsJsonArray("upstreams").get(0).getAsJsonObject();
            assertEquals(from.get("upstream"), to.get("name"));
            assertEquals("round-robin", to.get("balance").getAsString());
        }
    }

    /** Nobody is there for a listener's connections: it is not ready, and events say what happened. */
    @Test
    void endpointsAreSetByHand() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = run(echo, ADMIN, ANY)) {
            AdminClient admin = AdminClient.of(sluice);
            String upstream = "/api/v1/upstreams/127.0.0.1%3A0";
            String endpoint = upstream + "/endpoints/" + echo.address();
            assertEquals(200, admin.get("/readyz").status());
            assertEquals(200, admin.post(endpoint + "/down").status());
            assertEquals(503, admin.get("/readyz").status());
            assertEquals(200, admin.post(endpoint + "/auto").status());
            assertEquals(200, admin.get("/readyz").status());
            assertEquals(200, admin.post(upstream + "/pause").status());
            assertTrue(admin.get("/api/v1/upstreams").body().contains("\"paused\":true"));
            assertEquals(200, admin.post(upstream + "/resume").status());
            assertEquals(200, admin.post(upstream + "/rebalance?fraction=0.5").status());
            assertEquals(422, admin.post(upstream + "/rebalance?fraction=2").status());
            assertEquals(404, admin.post("/api/v1/upstreams/nobody/pause").status());
            assertEquals(
                    404, admin.post(upstream + "/endpoints/10.0.0.1:1/down").status());
            String events = admin.get("/api/v1/events").body();
            assertTrue(events.contains("\"kind\":\"health\""), events);
            JsonArray all = admin.get("/api/v1/events").json().getAsJsonArray();
            long last = all.get(all.size() - 1).getAsJsonObject().get("id").getAsLong();
            assertEquals("[]\n", admin.get("/api/v1/events?after=" + last).body());
        }
    }

    /** Each leaves one event, and one line, with whoever gave it; what has changed an endpoint is told by that. */
    @Test
    void ordersLeaveATrace() throws IOException {
        try (Backend echo = Backend.echo()) {
            Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                    admin: 127.0.0.1:0
                    listeners: [{name: a, bind: "127.0.0.1:0", upstream: u}]
                    upstreams: [{name: u, endpoints: ["%s"]}]
                    """.formatted(echo.address()));
            try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString());
                    Socket session = TestClient.connect(sluice.port())) {
                TestClient.echo(session, HELLO);
                AdminClient admin = AdminClient.of(sluice);
                String id = admin.get("/api/v1/sessions")
                        .json()
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("id")
                        .getAsString();
                String endpoint = "endpoints/" + echo.address();
                String isSet = "endpoint u/" + echo.address() + " is set to ";
                assertTraced(admin, "upstreams/u/pause", "pause upstream u");
                assertTraced(admin, "upstreams/u/resume", "resume upstream u");
                assertTraced(admin, "upstreams/u/rebalance?fraction=0", "rebalance upstream u (fraction=0)");
                assertTraced(admin, "upstreams/u/" + endpoint + "/up", isSet + "up");
                assertTraced(admin, "upstreams/u/" + endpoint + "/auto", isSet + "auto");
                assertEquals(
                        "health",
                        trace(admin, "upstreams/u/" + endpoint + "/down")
                                .get("kind")
                                .getAsString());
                assertTraced(admin, "upstreams/u/" + endpoint + "/down", isSet + "down");
                assertTraced(admin, "sessions/" + id + "/close", "close session " + id);
                assertEquals(200, admin.post("/api/v1/reload").status());
                assertTrue(admin.get("/api/v1/events").body().contains(": reload\""));
                assertEquals(
                        404, admin.post("/api/v1/sessions/" + id + "/close").status());
                assertEquals(202, admin.post("/api/v1/quit").status());
                sluice.awaitStderr("the order", line -> line.matches("sluice: by order of 127\\.0\\.0\\.1:\\d+: quit"));
                assertEquals(0, sluice.awaitExit(), sluice::toString);
            }
        }
    }

    /** The one event that an order leaves. */
    private static JsonObject trace(AdminClient admin, String order) throws IOException {
        JsonArray before = admin.get("/api/v1/events").json().getAsJsonArray();
        long last = before.get(before.size() - 1).getAsJsonObject().get("id").getAsLong();
        assertEquals(200, admin.post("/api/v1/" + order).status(), order);
        JsonArray events = admin.get("/api/v1/events?after=" + last).json().getAsJsonArray();
        assertEquals(1, events.size(), events::toString);
        return events.get(0).getAsJsonObject();
    }

    private static void assertTraced(AdminClient admin, String order, String words) throws IOException {
        JsonObject event = trace(admin, order);
        assertEquals("order", event.get("kind").getAsString());
        String text = event.get("text").getAsString();
        assertTrue(text.matches("by order of 127\\.0\\.0\\.1:\\d+: .*") && text.endsWith(": " + words), text);
    }

    @Test
    void reloadAppliesTheFileOrSaysWhyNot() throws IOException {
        try (Backend echo = Backend.echo()) {
            Path file = folder.resolve("sluice.yaml");
            String text = """
                    admin: 127.0.0.1:0
                    listeners: [{name: a, bind: "127.0.0.1:0", upstream: u}]
                    upstreams: [{name: u, endpoints: ["%s"]}]
                    """.formatted(echo.address());
            Files.writeString(file, text);
            try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
                AdminClient admin = AdminClient.of(sluice);
                Files.writeString(file, text.replace("upstream: u}", "upstream: u, relay: copy}"));
                AdminClient.Answer reloaded = admin.post("/api/v1/reload");
                assertEquals(200, reloaded.status(), reloaded::toString);
                assertTrue(admin.get("/api/v1/config").body().contains("\"relay\":\"copy\""));
                Files.writeString(file, text.replace("upstream: u}", "upstream: nobody}"));
                AdminClient.Answer refused = admin.post("/api/v1/reload");
                assertEquals(409, refused.status());
                assertTrue(refused.body().contains("nobody"), refused::body);
                Files.writeString(file, text.replace("admin: 127.0.0.1:0", "admin: 127.0.0.2:0"));
                refused = admin.post("/api/v1/reload");
                assertTrue(refused.body().contains("admin cannot change"), refused::body);
                JsonObject status = admin.get("/api/v1/status").json().getAsJsonObject();
                assertEquals(1, status.getAsJsonObject("reloads").get("applied").getAsInt());
                assertEquals(2, status.getAsJsonObject("reloads").get("refused").getAsInt());
                assertEquals(409, reloadWithoutAFile(echo).status());
            }
        }
    }

    /** Who changes the token and gets the file wrong is told that the old one stays; the answer says so, too. */
    @Test
    void aTokenThatCannotBeReadAtAReload() throws IOException {
        try (Backend echo = Backend.echo()) {
            Path token = Files.writeString(folder.resolve("token"), "first\n");
            Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                    admin: {bind: "127.0.0.1:0", token-file: %s}
                    listeners: [{name: a, bind: "127.0.0.1:0", upstream: u}]
                    upstreams: [{name: u, endpoints: ["%s"]}]
                    """.formatted(token, echo.address()));
            try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
                AdminClient admin = AdminClient.of(sluice);
                String first = "Authorization: Bearer first";
                Files.writeString(token, "");
                AdminClient.Answer answer = admin.post("/api/v1/reload", first);
                assertEquals(200, answer.status());
                assertTrue(answer.body().contains("keeps its token: the token file"), answer::body);
                sluice.awaitStderr("a warning", line -> line.startsWith("sluice: warning: the admin interface keeps"));
                Files.delete(token);
                answer = admin.post("/api/v1/reload", first);
                assertTrue(answer.body().contains("does not exist"), answer::body);
                assertEquals(200, admin.get("/api/v1/status", first).status());
            }
        }
    }

    private static AdminClient.Answer reloadWithoutAFile(Backend echo) throws IOException {
        try (SluiceProcess other = run(echo, ADMIN, ANY)) {
            return AdminClient.of(other).post("/api/v1/reload");
        }
    }

    /** A drain is seen while it lasts, and is one as after SIGTERM. */
    @Test
    void drain() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = run(echo, ADMIN, ANY)) {
            AdminClient admin = AdminClient.of(sluice);
            try (Socket session = TestClient.connect(sluice.port())) {
                TestClient.echo(session, HELLO);
                assertEquals(202, admin.post("/api/v1/drain").status());
                Eventually.holds("not ready", () -> admin.get("/readyz").status() == 503);
                assertTrue(admin.get("/readyz").body().contains("draining"));
                assertEquals(
                        "draining",
                        admin.get("/api/v1/status")
                                .json()
                                .getAsJsonObject()
                                .get("state")
                                .getAsString());
                TestClient.echo(session, HELLO);
            }
            assertEquals(0, sluice.awaitExit());
        }
    }

    @Test
    void quitCutsWhatIsThereAndIsNoFailure() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = run(echo, ADMIN, ANY)) {
            AdminClient admin = AdminClient.of(sluice);
            try (Socket session = TestClient.connect(sluice.port())) {
                TestClient.echo(session, HELLO);
                assertEquals(202, admin.post("/api/v1/quit").status());
                assertEquals(0, sluice.awaitExit());
                assertFalse(TestClient.receive(session).clean());
            }
        }
    }

    @Test
    void aBindThatIsRefusedIsAnErrorAtTheStart() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess other = SluiceProcess.start(
                        Map.of("SLUICE_ADMIN", echo.address()), "run", "--listen", ANY, "--to", echo.address())) {
            assertEquals(1, other.awaitExit());
            String last = other.stderr().getLast();
            assertTrue(last.contains("another process listens there"), last);
            assertTrue(last.endsWith(" (the address is that of SLUICE_ADMIN)"), last);
            refused(echo.address(), 1, " (the address is that of --admin)");
            Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                    admin: %1$s
                    listeners: [{name: a, bind: "127.0.0.1:0", upstream: u}]
                    upstreams: [{name: u, endpoints: ["%1$s"]}]
                    """.formatted(echo.address()));
            try (SluiceProcess byFile = SluiceProcess.start(Map.of(), "run", "-c", file.toString())) {
                assertEquals(1, byFile.awaitExit());
                assertTrue(
                        byFile.stderr().getLast().endsWith(" (the address is that of admin in the file)"),
                        byFile::toString);
            }
        }
        refused("0.0.0.0:9901", 2, "needs a token");
        refused("db.example:9901", 2, "expected an address of this machine");
        refused("unix:" + folder, 1, "no socket");
        refused("unix:/nowhere/at/all.sock", 1, "folder does not exist");
    }

    private static void refused(String address, int code, String words) {
        try (SluiceProcess sluice =
                SluiceProcess.start(Map.of(), "run", "--listen", ANY, "--to", "127.0.0.1:1", ADMIN, address)) {
            assertEquals(code, sluice.awaitExit(), sluice::toString);
            assertTrue(String.join("\n", sluice.stderr()).contains(words), sluice::toString);
        }
    }

    /** The file of a process that was killed is no reason not to start. */
    @Test
    void aSocketThatWasLeftBehindIsReplaced() throws IOException {
        Path socket = folder.resolve("a.sock");
        try (Backend echo = Backend.echo()) {
            try (SluiceProcess killed = run(echo, ADMIN, "unix:" + socket)) {
                AdminClient.of(killed);
                killed.signal("KILL");
                killed.awaitExit();
            }
            assertTrue(Files.exists(socket));
            try (SluiceProcess next = run(echo, ADMIN, "unix:" + socket)) {
                assertEquals(200, AdminClient.of(next).get("/healthz").status());
            }
        }
    }

    /** The successor has the interface when the predecessor has given it up, over TCP and unix. */
    @Test
    void takeover() throws IOException {
        Path takeover = folder.resolve("takeover");
        int port = Machine.freePort();
        for (String address : new String[] {"127.0.0.1:" + port, "unix:" + folder.resolve("t.sock")}) {
            try (Backend echo = Backend.echo();
                    SluiceProcess first = run(echo, ADMIN, address, "--takeover-socket", takeover.toString())) {
                AdminClient.of(first);
                try (Socket held = TestClient.connect(first.port())) {
                    TestClient.echo(held, HELLO);
                    try (SluiceProcess second =
                            run(echo, ADMIN, address, "--takeover-socket", takeover.toString(), "--takeover")) {
                        AdminClient admin = AdminClient.of(second);
                        assertEquals(
                                second.pid(),
                                admin.get("/api/v1/status")
                                        .json()
                                        .getAsJsonObject()
                                        .get("pid")
                                        .getAsLong());
                        assertEquals(200, admin.get("/readyz").status());
                        TestClient.echo(held, HELLO);
                        assertTrue(first.isRunning(), "it drains");
                        assertEquals(0, second.terminate());
                    }
                }
                assertEquals(0, first.awaitExit());
            }
        }
    }
}
