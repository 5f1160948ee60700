package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What listeners are called, and how often each is told of. */
@Timeout(120)
class ListenersTest {
    @TempDir
    private Path folder;

    private static List<JsonObject> listeners(AdminClient admin) throws IOException {
        List<JsonObject> all = new ArrayList<>();
        JsonArray answer = admin.get("/api/v1/listeners").json().getAsJsonArray();
        answer.forEach(one -> all.add(one.getAsJsonObject()));
        return all;
    }

    private static void echo(int port) throws IOException {
        try (Socket client = TestClient.connect(port)) {
            assertEquals(3, TestClient.echo(client, new byte[3]).length);
        }
    }

    /** With its sums, which are those of all its addresses. */
    @Test
    void twoAddressesAreOneListener() throws IOException {
        try (Backend echo = Backend.echo()) {
            Path file = Files.writeString(
                    folder.resolve("sluice.yaml"), """
                    admin: 127.0.0.1:0
                    listeners:
                      - {name: pg, bind: ["127.0.0.1:0", "unix:%s"], upstream: pg}
                    upstreams:
                      - {name: pg, endpoints: ["%s"]}
                    """.formatted(folder.resolve("in.sock"), echo.address()));
            try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
                sluice.awaitListening(2);
                for (int i = 0; i < 3; i++) {
                    echo(sluice.port());
                }
                sluice.awaitLog(0, 3);
                List<JsonObject> all = listeners(AdminClient.of(sluice));
                assertEquals(1, all.size(), all::toString);
                JsonObject one = all.getFirst();
                List<String> addresses = one.getAsJsonArray("addresses").asList().stream()
                        .map(JsonElement::getAsString)
                        .toList();
                assertEquals(List.of(sluice.listening(0), sluice.listening(1)), addresses);
                assertEquals(String.join(", ", addresses), one.get("address").getAsString());
                assertEquals(3, one.get("accepted").getAsInt());
                assertEquals(9, one.get("bytes_up").getAsInt());
                assertTrue(one.get("listening").getAsBoolean());
            }
        }
    }

    /** It is called by the address that anybody sees, and by the same word everywhere. */
    @Test
    void withoutANameItIsCalledByItsAddress() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        echo.address(),
                        "--listen",
                        "localhost:0",
                        "--to",
                        echo.address(),
                        "--admin",
                        "127.0.0.1:0")) {
            String name = sluice.listening(0);
            AdminClient admin = AdminClient.of(sluice);
            assertTrue(
                    admin.get("/metrics").body().contains("sluice_session_seconds_count{listener=\"" + name + "\"} 0"));
            echo(sluice.port());
            assertEquals(name, sluice.awaitLog(0, 1).getFirst().field("listener"));
            List<JsonObject> all = listeners(admin);
            assertEquals(
                    List.of(name, sluice.listening(1)),
                    all.stream().map(one -> one.get("name").getAsString()).toList());
            assertEquals(1, all.getFirst().get("accepted").getAsInt());
            String metrics = admin.get("/metrics").body();
            for (String series : List.of(
                    "sluice_listener_sessions{listener=\"" + name + "\"} 0.0",
                    "sluice_sessions_total{cause=\"fin\",listener=\"" + name + "\",who=\"client\"} 1.0",
                    "sluice_session_seconds_count{listener=\"" + name + "\"} 1")) {
                assertTrue(metrics.lines().toList().contains(series), () -> series + " in\n" + metrics);
            }
            try (Socket client = TestClient.connect(sluice.port())) {
                TestClient.echo(client, new byte[1]);
                JsonObject session = admin.get("/api/v1/sessions?listener=" + name)
                        .json()
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject();
                assertEquals(name, session.get("listener").getAsString());
                String where = "127.0.0.1:" + admin.host().replaceAll(".*:", "");
                try (SluiceProcess command =
                        SluiceProcess.start(Map.of("SLUICE_ADMIN", where), "sessions", "--listener", name)) {
                    assertEquals(0, command.awaitExit(), command::toString);
                    assertTrue(command.stdout().getLast().contains(name), command::toString);
                }
            }
        }
    }
}
