package dev.sluice.tests.operation;

import static dev.sluice.tests.operation.RoleRig.PASSWORD;
import static dev.sluice.tests.operation.RoleRig.USER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which of a PostgreSQL primary and its streaming standby is which, asked by the proxy itself. */
@Timeout(180)
class PostgresRolesTest {
    private static final String CHECK = "check: postgres, user: " + USER + ", database: postgres";
    private static final String SESSIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + USER + "' AND application_name = 'sluice'";

    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private PostgresNode first;

    private <T extends AutoCloseable> T opened(T one) {
        open.addFirst(one);
        return one;
    }

    @BeforeEach
    void start() throws Exception {
        Machine.forUnprivileged(folder);
        first = opened(PostgresNode.primary(folder, "127.0.0.2", Machine.freePort()));
        first.execute("CREATE ROLE " + USER + " LOGIN PASSWORD '" + PASSWORD + "'");
        first.letIn("host all " + USER + " all scram-sha-256");
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    private RoleRig rig(PostgresNode... nodes) throws Exception {
        List<String> addresses =
                List.of(nodes).stream().map(PostgresNode::address).toList();
        return new RoleRig(folder, CHECK, addresses);
    }

    private static Connection connect(SluiceProcess sluice) throws SQLException {
        return PostgresNode.connect("127.0.0.1:" + sluice.port());
    }

    @Test
    void rolesAreExchanged() throws Exception {
        PostgresNode second = opened(first.standby("127.0.0.3"));
        String one = first.address();
        String two = second.address();
        try (RoleRig rig = rig(first, second)) {
            rig.await("primary/" + one, "up", "is a primary");
            rig.await("replicas/" + two, "up", "is a replica, 0 s behind");
            assertEquals(0, rig.changes("primary/" + two));
            assertEquals(0, rig.changes("replicas/" + one));
            try (Connection session = connect(rig.sluice())) {
                assertEquals(first.host(), PostgresNode.query(session, "SELECT host(inet_server_addr())"));

                first.execute("ALTER SYSTEM SET default_transaction_read_only = on");
                first.execute("SELECT pg_reload_conf()");
                rig.await("primary/" + one, "down", "takes no writes (default_transaction_read_only is on)");
                rig.sluice().awaitStdout(0, "a session that is ended", line -> line.contains(" cause=down "));
                assertThrows(SQLException.class, () -> PostgresNode.query(session, "SELECT 1"));
            }
            second.promote();
            rig.await("replicas/" + two, "down", "is a primary, not a replica");
            rig.await("primary/" + two, "up", "is a primary");
            try (Connection session = connect(rig.sluice())) {
                assertEquals(second.host(), PostgresNode.query(session, "SELECT host(inet_server_addr())"));
            }
        }
    }

    /** One login a minute, and not one for each check; and its end is an orderly one. */
    @Test
    void aConnectionIsKept() throws Exception {
        first.execute("ALTER SYSTEM SET log_connections = on");
        first.execute("ALTER SYSTEM SET log_disconnections = on");
        first.execute("SELECT pg_reload_conf()");
        try (RoleRig rig = rig(first)) {
            rig.await("primary/" + first.address(), "up", "is a primary");
            Thread.sleep(2000);
            assertEquals("2", first.query(SESSIONS));
            first.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + USER + "'");
            Eventually.holds("it is asked again", () -> "2".equals(first.query(SESSIONS)));
            Thread.sleep(500);
            assertEquals(1, rig.changes("primary/" + first.address()), rig.sluice()::toString);
        }
        Eventually.holds("nobody is left", () -> "0".equals(first.query(SESSIONS)));
        String log = first.log();
        // Two upstreams, twice each; a login that takes longer than a check is done again. With one for each check
        // there were dozens.
        int logins = log.split("connection authorized: user=" + USER, -1).length - 1;
        assertTrue(logins >= 4 && logins < 10, log);
        assertFalse(log.contains("could not receive") || log.contains("unexpected EOF"), log);
    }

    @Test
    void aReplicaThatFallsBehind() throws Exception {
        PostgresNode second = opened(first.standby("127.0.0.3"));
        first.execute("CREATE TABLE t (x int)");
        try (RoleRig rig = rig(second)) {
            String name = "replicas/" + second.address();
            rig.await(name, "up", "is a replica");
            second.execute("SELECT pg_wal_replay_pause()");
            first.execute("INSERT INTO t VALUES (1)");
            rig.await(name, "down", " s behind, more than 2 s");
            second.execute("SELECT pg_wal_replay_resume()");
            rig.await(name, 2, "up", "is a replica");
            // A quiet primary does not make its replicas old, one that is gone does in time.
            Thread.sleep(3000);
            assertEquals(3, rig.changes(name), rig.sluice()::toString);
            first.kill();
            Thread.sleep(500);
            assertEquals(3, rig.changes(name), rig.sluice()::toString);
            rig.await(name, 3, "down", " s behind, more than 2 s");
        }
    }

    @Test
    void passwords() throws Exception {
        try (RoleRig rig = new RoleRig(folder, CHECK, "wrong", List.of(first.address()))) {
            String name = "primary/" + first.address();
            rig.sluice()
                    .awaitStderr(
                            "why",
                            line -> line.contains(
                                    name + " stays down: refuses with 28P01, \"password authentication failed"));
            assertEquals(0, rig.changes(name));
            Files.writeString(rig.passwordFile(), PASSWORD);
            rig.await(name, "up", "is a primary");
        }
    }

    @Test
    void aPasswordIsNotGivenInTheClear() throws Exception {
        try (RoleRig rig = rig(first)) {
            String name = "primary/" + first.address();
            rig.await(name, "up", "is a primary");
            first.letIn("host all " + USER + " all password");
            first.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + USER + "'");
            rig.await(name, "down", "wants the password in the clear");
        }
    }

    /** When it has no room for another session, it is a primary all the same. */
    @Test
    void aServerThatIsFull() throws Exception {
        first.execute("ALTER ROLE " + USER + " CONNECTION LIMIT 2");
        try (RoleRig rig = rig(first)) {
            String name = "primary/" + first.address();
            rig.await(name, "up", "is a primary");
            Eventually.holds("both ask", () -> "2".equals(first.query(SESSIONS)));
            first.execute("ALTER ROLE " + USER + " CONNECTION LIMIT 0");
            first.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + USER + "'");
            // One in ten seconds, of either endpoint.
            rig.sluice().awaitStderr("a warning", line -> line.contains(" is not asked: refuses with 53300"));
            Thread.sleep(1000);
            assertEquals(1, rig.changes(name), rig.sluice()::toString);
        }
    }

    @Test
    void aFileThatIsMissingOrOpenToAllIsAWarning() throws Exception {
        Path password = RoleRig.passwordFile(folder, PASSWORD);
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
        Path missing = folder.resolve("missing");
        Path file =
                Files.writeString(folder.resolve("two.yaml"), """
                listeners: [{bind: "127.0.0.1:0", upstream: one}, {bind: "127.0.0.1:0", upstream: two}]
                upstreams:
                  - {name: one, endpoints: ["%1$s"], health: {%2$s, password-file: %3$s, role: primary, rise: 1, interval: 200ms}}
                  - {name: two, endpoints: ["%1$s"], health: {%2$s, password-file: %4$s, role: primary, rise: 1, interval: 200ms}}
                """.formatted(first.address(), CHECK, password, missing));
        List<String> expected = List.of(
                "sluice: warning: password-file " + password
                        + " can be read by everybody; chmod o-r takes care of that",
                "sluice: warning: password-file " + missing + " cannot be read: there is no such file");
        try (SluiceProcess check = SluiceProcess.start(java.util.Map.of(), "check", "-c", file.toString())) {
            assertEquals(0, check.awaitExit());
            assertEquals(expected, check.stderr());
        }
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            sluice.awaitStderr("it is up all the same", line -> line.contains("one/" + first.address() + " is up"));
            for (String line : expected) {
                assertEquals(1, sluice.stderr().stream().filter(line::equals).count(), sluice::toString);
            }
            Files.writeString(missing, PASSWORD);
            sluice.awaitStderr("it is up", line -> line.contains("two/" + first.address() + " is up"));
            Files.delete(missing);
            sluice.signal("HUP");
            sluice.awaitStderr("it is reloaded", line -> line.contains("reloaded "));
            for (String line : expected) {
                sluice.awaitStderr(line, line::equals);
            }
            assertTrue(sluice.stderr().stream().filter(expected.get(1)::equals).count() <= 2, sluice::toString);
            assertEquals(0, sluice.terminate());
            assertFalse(sluice.toString().contains(PASSWORD), sluice::toString);
        }
    }
}
