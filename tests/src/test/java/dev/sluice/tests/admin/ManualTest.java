package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever meets a key of an answer finds out in docs/admin.md what it is. */
@Timeout(120)
class ManualTest {
    @TempDir
    private Path folder;

    /** All keys, those of what is within included. */
    private static void collect(JsonElement json, Set<String> keys) {
        if (json.isJsonArray()) {
            json.getAsJsonArray().forEach(one -> collect(one, keys));
        } else if (json.isJsonObject()) {
            json.getAsJsonObject().entrySet().forEach(entry -> {
                keys.add(entry.getKey());
                collect(entry.getValue(), keys);
            });
        }
    }

    /** A key may mean something else in another part of the page. */
    private static void holds(String heading, AdminClient.Answer answer) throws IOException {
        String manual = Files.readString(SluiceProcess.HOME.resolve("docs/admin.md"));
        int from = manual.indexOf("\n## " + heading + "\n");
        assertTrue(from >= 0, heading);
        int to = manual.indexOf("\n## ", from + 1);
        String part = manual.substring(from, to < 0 ? manual.length() : to);
        assertTrue(answer.status() < 300, answer::toString);
        Set<String> missing = new TreeSet<>();
        collect(answer.json(), missing);
        assertTrue(!missing.isEmpty(), answer::toString);
        missing.removeIf(key -> part.contains('`' + key + '`'));
        assertEquals(Set.of(), missing, heading);
    }

    @Test
    void hasEveryKeyOfEveryAnswer() throws IOException {
        try (Backend echo = Backend.echo()) {
            Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                    access-log: off
                    admin: {bind: "127.0.0.1:0"}
                    drain-delay: 60s
                    listeners:
                      - {name: a, bind: "127.0.0.1:0", upstream: u}
                    upstreams:
                      - {name: u, endpoints: ["%s"]}
                    """.formatted(echo.address()));
            try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString());
                    Socket session = TestClient.connect(sluice.port());
                    Socket other = TestClient.connect(sluice.port())) {
                TestClient.echo(session, "hello".getBytes(StandardCharsets.UTF_8));
                TestClient.echo(other, "hello".getBytes(StandardCharsets.UTF_8));
                AdminClient admin = AdminClient.of(sluice);
                AdminClient.Answer sessions = admin.get("/api/v1/sessions");
                holds("`GET /api/v1/sessions`", sessions);
                String id = sessions.json()
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("id")
                        .getAsString();
                holds("Orders", admin.post("/api/v1/sessions/" + id + "/close"));
                for (String order :
                        new String[] {"pause", "resume", "rebalance?fraction=0", "endpoints/" + echo.address() + "/auto"
                        }) {
                    holds("Orders", admin.post("/api/v1/upstreams/u/" + order));
                }
                holds("Orders", admin.post("/api/v1/reload"));
                holds("Orders", admin.post("/api/v1/drain"));
                for (String what : new String[] {"status", "listeners", "upstreams", "events"}) {
                    holds("`GET /api/v1/" + what + "`", admin.get("/api/v1/" + what));
                }
                holds("Orders", admin.post("/api/v1/quit"));
            }
        }
    }
}
