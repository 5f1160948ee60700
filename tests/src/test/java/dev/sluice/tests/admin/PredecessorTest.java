package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Words;
import java.io.IOException;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left in a process that was taken over can be seen and ended, and who looks at its successor is told where. */
@Timeout(120)
class PredecessorTest {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private SluiceProcess run(Backend echo, String... more) {
        String[] flags = {
            "--listen",
            "127.0.0.1:0",
            "--to",
            echo.address(),
            "--admin",
            "unix:" + folder.resolve("admin.sock"),
            "--takeover-socket",
            folder.resolve("takeover").toString(),
            "--drain-timeout",
            "100s"
        };
        return SluiceProcess.run(Words.of(flags, more));
    }

    private Path place(SluiceProcess sluice) {
        return folder.resolve("takeover." + sluice.pid());
    }

    private static JsonObject status(AdminClient admin) throws IOException {
        return admin.get("/api/v1/status").json().getAsJsonObject();
    }

    private static List<String> predecessors(JsonObject status) {
        return status.getAsJsonArray("predecessors").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(one -> one.get("pid").getAsLong() + " " + one.get("admin").getAsString())
                .toList();
    }

    private static String say(String... words) {
        try (SluiceProcess command = SluiceProcess.start(Map.of(), words)) {
            assertEquals(0, command.awaitExit(), command::toString);
            return String.join("\n", command.stdout());
        }
    }

    @Test
    void itsSessionsAreSeenAndEnded() throws IOException {
        Files.createFile(folder.resolve("takeover." + ProcessHandle.current().pid())); // is no socket, and so nobody
        try (Backend echo = Backend.echo();
                SluiceProcess first = run(echo);
                Socket one = TestClient.connect(first.port())) {
            TestClient.echo(one, HELLO);
            assertTrue(status(AdminClient.of(first)).get("drain_left_ms").isJsonNull());
            try (SluiceProcess second = run(echo, "--takeover");
                    Socket other = TestClient.connect(second.port())) {
                TestClient.echo(other, HELLO);
                first.awaitStderr(
                        "where it can be asked", line -> line.contains("admin interface on unix:" + place(first)));
                String where = "unix:" + place(first);
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(place(first))));
                JsonObject status = status(AdminClient.of(second));
                assertEquals(List.of(first.pid() + " " + where), predecessors(status));
                assertTrue(status.get("drain_left_ms").isJsonNull());
                String command = "sluice sessions --admin " + where;
                String admin = "unix:" + folder.resolve("admin.sock");
                assertTrue(say("status", "--admin", admin)
                        .contains("pid " + first.pid() + " has sessions left: " + command));

                AdminClient before = new AdminClient(UnixDomainSocketAddress.of(place(first)), "localhost");
                JsonObject draining = status(before);
                assertEquals("draining", draining.get("state").getAsString());
                assertEquals(1, draining.get("sessions").getAsInt());
                long left = draining.get("drain_left_ms").getAsLong();
                assertTrue(left > 0 && left <= 100_000, draining::toString);
                assertEquals(List.of(), predecessors(draining));
                assertTrue(say("status", "--admin", where).contains("the sessions that are left are cut in "));
                String id = say("sessions", "--admin", where)
                        .lines()
                        .toList()
                        .getLast()
                        .replaceAll(" .*", "");
                assertEquals("session " + id + " ended", say("kill", id, "--admin", where));
                assertFalse(TestClient.receive(one).clean());
                assertEquals(0, first.awaitExit(), first::toString);
                assertFalse(Files.exists(place(first)));
                TestClient.echo(other, HELLO);
                assertEquals(List.of(), predecessors(status(AdminClient.of(second))));
                other.shutdownOutput();
                assertEquals(0, second.terminate(), second::toString);
            }
        }
    }
}
