package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Told to stop, it is not ready at once, and accepts for some time all the same. */
@Timeout(120)
class DrainDelayTest {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);
    private static final String ANY = "127.0.0.1:0";

    /** One that no test waits for. */
    private static final String LONG = "1h";

    private static final int STOPPED_AT_ONCE = 1;

    @TempDir
    private Path folder;

    private final Backend echo = Backend.echo();

    @AfterEach
    void stop() {
        echo.close();
    }

    private SluiceProcess run(String delay) {
        return SluiceProcess.run("--listen", ANY, "--to", echo.address(), "--admin", ANY, "--drain-delay", delay);
    }

    private static void isServed(int port) throws IOException {
        try (Socket client = TestClient.connect(port)) {
            assertArrayEquals(HELLO, TestClient.echo(client, HELLO));
        }
    }

    private static void awaitLeaving(SluiceProcess sluice) {
        sluice.awaitStderr(
                "that it is not ready", line -> line.startsWith("sluice: not ready any more, and drains in 1h (a"));
    }

    private static String word(AdminClient admin, String key) throws IOException {
        return admin.get("/api/v1/status").json().getAsJsonObject().get(key).getAsString();
    }

    private static void assertLeaving(SluiceProcess sluice, AdminClient admin) throws IOException {
        AdminClient.Answer ready = admin.get("/readyz");
        assertEquals(503, ready.status());
        assertTrue(ready.body().contains("about to drain"), ready.body());
        assertEquals(200, admin.get("/healthz").status());
        JsonObject status = admin.get("/api/v1/status").json().getAsJsonObject();
        assertEquals("leaving", status.get("state").getAsString());
        assertTrue(status.get("drains_in_ms").getAsLong() > 0, status::toString);
        isServed(sluice.port());
    }

    @Test
    void thenItDrains() throws Exception {
        try (SluiceProcess sluice = run("300ms")) {
            try (Socket session = TestClient.connect(sluice.port())) {
                assertArrayEquals(HELLO, TestClient.echo(session, HELLO));
                sluice.signal("TERM");
                sluice.awaitStderr(
                        "that it drains", line -> line.startsWith("sluice: draining 1 session, 30s at most"));
                AdminClient admin = AdminClient.of(sluice);
                Eventually.holds("it drains", () -> word(admin, "state").equals("draining"));
                assertTrue(admin.get("/readyz").body().contains("the proxy is draining"));
                assertArrayEquals(HELLO, TestClient.echo(session, HELLO));
            }
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertTrue(
                    sluice.stderr().contains("sluice: not ready any more, and drains in 300ms (again: stop at once)"),
                    sluice::toString);
        }
    }

    @Test
    void aSecondSignalEndsItAtOnce() throws IOException {
        try (SluiceProcess sluice = run(LONG)) {
            AdminClient admin = AdminClient.of(sluice);
            assertEquals("running", word(admin, "state"));
            sluice.signal("TERM");
            awaitLeaving(sluice);
            assertLeaving(sluice, admin);
            sluice.signal("INT");
            assertEquals(STOPPED_AT_ONCE, sluice.awaitExit(), sluice::toString);
            sluice.awaitStderr("that it has", line -> line.contains("stopped at once"));
        }
    }

    /** As an order of the admin interface, with what the commands say; and another order to end. */
    @Test
    void anOrderIsAsASignal() throws IOException {
        try (SluiceProcess sluice = run(LONG)) {
            AdminClient admin = AdminClient.of(sluice);
            Map<String, String> environment = Map.of("SLUICE_ADMIN", admin.host());
            try (SluiceProcess drain = SluiceProcess.start(environment, "drain")) {
                assertEquals(0, drain.awaitExit());
                assertEquals(List.of("the proxy is not ready any more, and drains in 1h, 0 sessions"), drain.stdout());
            }
            awaitLeaving(sluice);
            assertLeaving(sluice, admin);
            try (SluiceProcess status = SluiceProcess.start(environment, "status")) {
                assertEquals(0, status.awaitExit());
                assertTrue(status.stdout().getFirst().contains("leaving (drains in 59m"), status::toString);
            }
            JsonObject again = admin.post("/api/v1/drain").json().getAsJsonObject();
            assertTrue(again.get("delay_ms").getAsLong() < 3_600_000, again::toString);
            assertLeaving(sluice, admin);
            assertEquals(202, admin.post("/api/v1/quit").status());
            assertEquals(0, sluice.awaitExit(), sluice::toString);
        }
    }

    private Path configure(String delay, String listeners) throws IOException {
        return Files.writeString(folder.resolve("sluice.yaml"), """
                drain-delay: %s
                admin: 127.0.0.1:0
                takeover: %s
                listeners: [%s]
                upstreams: [{name: u, endpoints: ["%s"]}]
                """.formatted(
                        delay, folder.resolve("takeover"), listeners, echo.address()));
    }

    private static String listener(int port) {
        return "{bind: \"127.0.0.1:" + port + "\", upstream: u}";
    }

    /** What it goes by is that of the moment; while it leaves, it serves as ever, until another process does. */
    @Test
    void aReloadAndATakeoverMeanwhile() throws IOException {
        int first = Machine.freePort();
        int second = Machine.freePort();
        Path file = configure("0", listener(first));
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            AdminClient admin = AdminClient.of(sluice);
            configure(LONG, listener(first));
            sluice.signal("HUP");
            sluice.awaitStderr("a reload", line -> line.contains("reloaded "));
            sluice.signal("TERM");
            awaitLeaving(sluice);
            assertLeaving(sluice, admin);
            configure("0", listener(first) + ", " + listener(second));
            sluice.signal("HUP");
            sluice.awaitStderr("another reload", line -> line.contains("; now also on 127.0.0.1:" + second));
            assertLeaving(sluice, admin);
            isServed(second);
            try (SluiceProcess successor = SluiceProcess.run("-c", file.toString(), "--takeover")) {
                sluice.awaitStderr("why it drains", line -> line.contains("drains now: another process accepts"));
                assertEquals(0, sluice.awaitExit(), sluice::toString);
                isServed(first);
                isServed(second);
                assertEquals(0, successor.terminate());
            }
        }
    }
}
