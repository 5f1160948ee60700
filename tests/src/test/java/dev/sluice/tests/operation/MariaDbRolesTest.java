package dev.sluice.tests.operation;

import static dev.sluice.tests.operation.RoleRig.PASSWORD;
import static dev.sluice.tests.operation.RoleRig.USER;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SelfSigned;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which of two MariaDB servers is which, asked by the proxy itself. */
@Timeout(120)
class MariaDbRolesTest {
    private static final String CHECK = "check: mysql, user: " + USER;
    /** Each server has its own: they are not replicated. */
    private static final String USERS = """
            SET sql_log_bin = 0;
            CREATE USER '%1$s'@'%%' IDENTIFIED BY '%2$s';
            GRANT SLAVE MONITOR ON *.* TO '%1$s'@'%%';
            CREATE USER 'admin'@'%%';
            GRANT ALL ON *.* TO 'admin'@'%%' WITH GRANT OPTION;
            """.formatted(USER, PASSWORD);

    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final InetSocketAddress first = new InetSocketAddress("127.0.0.2", Machine.freePort());
    private final InetSocketAddress second = new InetSocketAddress("127.0.0.3", first.getPort());
    private final String one = Addresses.text(first);
    private final String two = Addresses.text(second);

    private void start(InetSocketAddress address, String... options) throws Exception {
        Path own = Machine.forUnprivileged(Files.createDirectories(folder.resolve(address.getHostString())));
        List<String> all =
                new ArrayList<>(List.of("--server-id=" + address.getHostString().charAt(8), "--log-bin=log"));
        all.addAll(List.of(options));
        Daemon daemon = MariaDb.start(own, address, USERS, all);
        open.addFirst(daemon);
    }

    @BeforeEach
    void give() throws Exception {
        Machine.forUnprivileged(folder);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private static String query(InetSocketAddress server, String query) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:mariadb://" + Addresses.text(server) + "/?user=admin");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    private void replicate() throws SQLException {
        query(
                second,
                "CHANGE MASTER TO MASTER_HOST='%s', MASTER_PORT=%d, MASTER_USER='admin', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1"
                        .formatted(first.getHostString(), first.getPort()));
        query(second, "START SLAVE");
    }

    @Test
    void rolesAreExchanged() throws Exception {
        start(first);
        start(second, "--read-only=1", "--skip-slave-start");
        replicate();
        try (RoleRig rig = new RoleRig(folder, CHECK, List.of(one, two))) {
            rig.await("primary/" + one, "up", "is a primary");
            rig.await("replicas/" + two, "up", "is a replica, 0 s behind");
            assertEquals(0, rig.changes("primary/" + two));
            assertEquals(0, rig.changes("replicas/" + one));

            query(first, "SET GLOBAL read_only = 1");
            rig.await("primary/" + one, "down", "takes no writes (read_only is on)");
            query(second, "STOP SLAVE");
            rig.await("replicas/" + two, "down", "has stopped");
            query(second, "SET GLOBAL read_only = 0");
            rig.await("primary/" + two, "up", "is a primary");
        }
    }

    @Test
    void aReplicaWhosePrimaryIsGoneFallsBehindAsTimePasses() throws Exception {
        start(first);
        start(second, "--read-only=1", "--skip-slave-start");
        replicate();
        try (RoleRig rig = new RoleRig(folder, CHECK, List.of(two))) {
            rig.await("replicas/" + two, "up", "is a replica");
            ((Daemon) open.getLast()).kill();
            Thread.sleep(500);
            assertEquals(1, rig.changes("replicas/" + two), rig.sluice()::toString);
            rig.await("replicas/" + two, "down", " s behind, more than 2 s");
        }
    }

    @Test
    void aServerThatFollowsNobody() throws Exception {
        start(first, "--read-only=1");
        try (RoleRig rig = new RoleRig(folder, CHECK, List.of(one))) {
            Eventually.holds("it is asked", () -> sessions() > 0);
            Thread.sleep(1000);
            assertEquals(0, rig.changes("replicas/" + one));
            assertEquals(0, rig.changes("primary/" + one));
            query(first, "SET GLOBAL read_only = 0");
            rig.await("primary/" + one, "up", "is a primary");
        }
    }

    private int sessions() throws SQLException {
        return Integer.parseInt(
                query(first, "SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER = '" + USER + "'"));
    }

    /** One that wants TLS of everybody, and one that knows the PROXY protocol. */
    @Test
    void tlsAndAProxyHeader() throws Exception {
        SelfSigned self = SelfSigned.create(folder);
        for (Path file : List.of(self.certificate(), self.key())) {
            Machine.forUnprivileged(file);
        }
        start(
                first,
                "--ssl-cert=" + self.certificate(),
                "--ssl-key=" + self.key(),
                "--proxy-protocol-networks=127.0.0.0/8");
        query(first, "SET GLOBAL max_connect_errors = 5");
        String user = "ALTER USER '" + USER + "'@'%' REQUIRE SSL";
        query(first, user);
        for (String header : List.of("false", "v1", "v2")) {
            try (RoleRig rig = new RoleRig(folder, CHECK + ", send-proxy: " + header, List.of(one))) {
                rig.await("primary/" + one, "up", "is a primary");
                assertEquals("2", String.valueOf(sessions()));
            }
        }
    }

    @Test
    void aWrongPasswordAndOneThatIsFound() throws Exception {
        start(first);
        try (RoleRig rig = new RoleRig(folder, CHECK, "wrong", List.of(one))) {
            rig.sluice()
                    .awaitStderr(
                            "why",
                            line -> line.contains(
                                    "primary/" + one + " stays down: refuses with 1045, \"Access denied"));
            Files.writeString(rig.passwordFile(), PASSWORD + "\n");
            rig.await("primary/" + one, "up", "is a primary");
        }
    }
}
