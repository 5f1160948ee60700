package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What somebody has set by hand is so in the next process, too. */
@Timeout(120)
class SetByHandTest {
    private static final String WARNING = "sluice: warning: not kept of what was set by hand: ";

    @TempDir
    private Path folder;

    /** @param upstreams lines of the file */
    private Path file(String... upstreams) throws IOException {
        String head = """
                takeover: %s
                admin: unix:%s
                listeners:
                  - {name: a, bind: "127.0.0.1:0", upstream: pg, connect-timeout: 1s, connect-deadline: 1s}
                  - {name: b, bind: "127.0.0.1:0", upstream: held, connect-deadline: 1m}
                upstreams:
                """.formatted(folder.resolve("takeover"), folder.resolve("admin.sock"));
        return Files.writeString(folder.resolve("sluice.yaml"), head + String.join("\n", upstreams) + "\n");
    }

    private static String upstream(String name, Backend... endpoints) {
        List<String> addresses = new ArrayList<>();
        for (Backend each : endpoints) {
            addresses.add('"' + each.address() + '"');
        }
        return "  - {name: " + name + ", endpoints: [" + String.join(", ", addresses) + "]}";
    }

    private static void set(SluiceProcess sluice, String order) throws IOException {
        AdminClient.Answer answer = AdminClient.of(sluice).post("/api/v1/upstreams/" + order);
        assertEquals(200, answer.status(), answer::toString);
    }

    private static String byHand(SluiceProcess sluice, String upstream) throws IOException {
        JsonObject found = upstreamOf(sluice, upstream);
        List<String> words = new ArrayList<>();
        for (JsonElement endpoint : found.getAsJsonArray("endpoints")) {
            words.add(endpoint.getAsJsonObject()
                    .getAsJsonObject("health")
                    .get("by_hand")
                    .getAsString());
        }
        return String.join(" ", words) + (found.get("paused").getAsBoolean() ? " paused" : "");
    }

    private static JsonObject upstreamOf(SluiceProcess sluice, String name) throws IOException {
        for (JsonElement each :
                AdminClient.of(sluice).get("/api/v1/upstreams").json().getAsJsonArray()) {
            if (each.getAsJsonObject().get("name").getAsString().equals(name)) {
                return each.getAsJsonObject();
            }
        }
        throw new AssertionError("no upstream " + name);
    }

    /** Who is held is told by the answer for how long, and by the log why he was ended: by hand, and not for want of an endpoint. */
    @Test
    void aPauseLastsAsLongAsClientsCanBeHeld() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = SluiceProcess.run(
                        "-c", file(upstream("pg", echo), upstream("held", echo)).toString())) {
            AdminClient admin = AdminClient.of(sluice);
            AdminClient.Answer paused = admin.post("/api/v1/upstreams/pg/pause");
            assertEquals(
                    "{\"upstream\":\"pg\",\"paused\":true,\"held_for\":[{\"listener\":\"a\",\"ms\":1000}]}",
                    paused.body().strip());
            List<String> metrics = admin.get("/metrics").body().lines().toList();
            assertTrue(metrics.contains("sluice_upstream_paused{upstream=\"pg\"} 1.0"), metrics::toString);
            assertTrue(metrics.contains("sluice_upstream_paused{upstream=\"held\"} 0.0"), metrics::toString);
            try (Socket client = TestClient.connect(sluice.port())) {
                assertFalse(TestClient.receive(client).clean());
            }
            AccessLine line = sluice.awaitLog(0, 1).getFirst();
            assertEquals("proxy admin", line.end());
        }
    }

    /** What a page and a table show as worth a look is decided in one place. */
    @Test
    void upAgainstItsCheck() throws Exception {
        try (Backend echo = Backend.echo()) {
            Backend gone = Backend.echo();
            String address = gone.address();
            gone.close();
            String checked =
                    "  - {name: pg, health: {check: tcp, interval: 100ms, fall: 1}, endpoints: [\"" + address + "\"]}";
            try (SluiceProcess sluice = SluiceProcess.run(
                    "-c", file(checked, upstream("held", echo)).toString())) {
                Eventually.holds(
                        "its check fails",
                        () -> !health(sluice).get("passed").getAsBoolean()
                                && !health(sluice).get("check").isJsonNull());
                assertFalse(health(sluice).get("against_check").getAsBoolean());
                set(sluice, "pg/endpoints/" + address + "/up");
                assertTrue(health(sluice).get("against_check").getAsBoolean());
                set(sluice, "pg/endpoints/" + address + "/down");
                assertFalse(health(sluice).get("against_check").getAsBoolean());
            }
        }
    }

    private static JsonObject health(SluiceProcess sluice) throws IOException {
        return upstreamOf(sluice, "pg")
                .getAsJsonArray("endpoints")
                .get(0)
                .getAsJsonObject()
                .getAsJsonObject("health");
    }

    /** Who is held when another process takes over is reached by no order to that one: it is said which order reaches him. */
    @Test
    void whoIsHeldIsLeftBehind() throws Exception {
        try (Backend echo = Backend.echo()) {
            Path file = file(upstream("pg", echo), upstream("held", echo));
            try (SluiceProcess first = SluiceProcess.run("-c", file.toString())) {
                set(first, "held/pause");
                try (Socket client = TestClient.connect(((InetSocketAddress) first.address(1)).getPort())) {
                    Eventually.holds(
                            "it is held",
                            () -> upstreamOf(first, "held").get("held").getAsInt() == 1);
                    try (SluiceProcess second = SluiceProcess.run("-c", file.toString(), "--takeover")) {
                        String place = "unix:" + folder.resolve("takeover." + first.pid());
                        first.awaitStderr(
                                "how it goes on",
                                line -> line.endsWith("1 held here for upstream held, which is paused: "
                                        + "sluice upstream held resume --admin " + place));
                        set(second, "held/resume");
                        try (SluiceProcess order =
                                SluiceProcess.start(Map.of(), "upstream", "held", "resume", "--admin", place)) {
                            assertEquals(0, order.awaitExit(), order::toString);
                        }
                        assertEquals(3, TestClient.echo(client, new byte[3]).length);
                        client.shutdownOutput();
                        assertEquals(0, first.awaitExit(), first::toString);
                        assertEquals(0, second.terminate(), second::toString);
                    }
                }
            }
        }
    }

    @Test
    void goesOverWithATakeover() throws IOException {
        try (Backend one = Backend.echo();
                Backend two = Backend.echo();
                Backend three = Backend.echo();
                Backend four = Backend.echo()) {
            Path file = file(upstream("pg", one, two, three, four), upstream("held", one), upstream("left", one));
            try (SluiceProcess first = SluiceProcess.run("-c", file.toString())) {
                set(first, "pg/endpoints/" + one.address() + "/down");
                set(first, "pg/endpoints/" + two.address() + "/drain");
                set(first, "pg/endpoints/" + three.address() + "/up");
                set(first, "pg/endpoints/" + four.address() + "/down");
                set(first, "held/pause");
                set(first, "left/pause");
                file(upstream("pg", one, two, three), upstream("held", one));
                try (SluiceProcess second = SluiceProcess.run("-c", file.toString(), "--takeover")) {
                    assertEquals("down drain up", byHand(second, "pg"));
                    assertEquals("none paused", byHand(second, "held"));
                    for (String dropped : List.of("left paused: ", "pg/" + four.address() + " down: ")) {
                        second.awaitStderr(dropped, line -> line.startsWith(WARNING + dropped));
                    }
                    second.awaitStderr(
                            "what was kept",
                            line -> line.contains("kept what was set by hand: held paused, ")
                                    && line.contains("pg/" + one.address() + " down"));
                    assertEquals(0, first.awaitExit(), first::toString);
                    set(second, "pg/endpoints/" + one.address() + "/auto");
                    set(second, "held/resume");
                    try (SluiceProcess third = SluiceProcess.run("-c", file.toString(), "--takeover")) {
                        assertEquals("none drain up", byHand(third, "pg"));
                        assertEquals("none", byHand(third, "held"));
                        assertTrue(third.stderr().stream().noneMatch(line -> line.startsWith(WARNING)));
                        try (Socket client = TestClient.connect(third.port())) {
                            assertEquals(3, TestClient.echo(client, new byte[3]).length);
                        }
                        assertEquals(0, second.awaitExit(), second::toString);
                        assertEquals(0, third.terminate(), third::toString);
                    }
                }
            }
        }
    }
}
