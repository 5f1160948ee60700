package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Script;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One PostgreSQL server of the machine's, a primary or a standby, with an address and a folder of its own. */
final class PostgresNode implements AutoCloseable {
    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");

    private final Path folder;
    private final String host;
    private final int port;
    private @Nullable Daemon daemon;
    private boolean killed;

    private PostgresNode(Path folder, String host, int port) {
        this.folder = folder;
        this.host = host;
        this.port = port;
    }

    /** A program of PostgreSQL's, of the newest version. Without it the test is skipped. */
    static String program(String name) throws IOException {
        Optional<String> found = Optional.empty();
        if (Files.isDirectory(VERSIONS)) {
            try (Stream<Path> versions = Files.list(VERSIONS)) {
                found = versions.map(version -> version.resolve("bin").resolve(name))
                        .filter(Files::isExecutable)
                        .max(Comparator.naturalOrder())
                        .map(Path::toString);
            }
        }
        assumeTrue(found.isPresent(), "needs " + name + " below " + VERSIONS + " (Debian package postgresql)");
        return found.orElseThrow();
    }

    /** A primary without any data, which runs. */
    static PostgresNode primary(Path parent, String host, int port) throws Exception {
        PostgresNode node =
                new PostgresNode(Machine.forUnprivileged(Files.createDirectories(parent.resolve(host))), host, port);
        node.run(program("initdb"), "-D", node.data(), "-U", "postgres", "-A", "trust", "-N", "--no-instructions");
        node.start();
        return node;
    }

    /** A standby of this one, which runs and streams. */
    PostgresNode standby(String host) throws Exception {
        PostgresNode node = new PostgresNode(
                Machine.forUnprivileged(Files.createDirectories(folder.resolveSibling(host))), host, port);
        node.run(
                program("pg_basebackup"),
                "-h",
                this.host,
                "-p",
                String.valueOf(port),
                "-U",
                "postgres",
                "-D",
                node.data(),
                "-R",
                "-N",
                "-c",
                "fast");
        node.start();
        Eventually.holds(
                "the standby streams",
                () -> "streaming".equals(query("SELECT coalesce(min(state), '') FROM pg_stat_replication")));
        return node;
    }

    private String data() {
        return folder.resolve("data").toString();
    }

    private void run(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(Machine.unprivileged());
        command.addAll(List.of(words));
        Script.Result result = Script.run(folder, new ProcessBuilder(command).directory(folder.toFile()));
        assertEquals(0, result.code(), () -> command + "\n" + result);
    }

    /** Starts it and waits until it answers queries. */
    void start() throws Exception {
        List<String> command = new ArrayList<>(Machine.unprivileged());
        command.addAll(List.of(program("postgres"), "-D", data(), "-p", String.valueOf(port)));
        for (String setting : List.of(
                "listen_addresses=" + host,
                "unix_socket_directories=",
                "fsync=off",
                "max_connections=40",
                "shared_buffers=16MB")) {
            command.addAll(List.of("-c", setting));
        }
        daemon = Daemon.start(folder, socketAddress(), command);
        killed = false;
        Eventually.holds("it answers", this::answers);
    }

    private boolean answers() {
        try {
            return "1".equals(query("SELECT 1"));
        } catch (SQLException notYet) {
            return false;
        }
    }

    /** Puts a line before those that say who is let in (pg_hba.conf), and has the server read them. */
    void letIn(String line) throws Exception {
        Path file = Path.of(data(), "pg_hba.conf");
        Files.writeString(file, line + "\n" + Files.readString(file));
        execute("SELECT pg_reload_conf()");
    }

    /** All that it has said. */
    String log() {
        return daemon == null ? "" : daemon.log();
    }

    String host() {
        return host;
    }

    private InetSocketAddress socketAddress() {
        return new InetSocketAddress(host, port);
    }

    /** As the configuration file wants it. */
    String address() {
        return host + ":" + port;
    }

    /** A session with the server itself. */
    Connection connect() throws SQLException {
        return connect(address());
    }

    /** A session with whoever is at an address. */
    static Connection connect(String address) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://" + address
                + "/postgres?user=postgres&sslmode=disable&gssEncMode=disable&connectTimeout=30&socketTimeout=30");
    }

    /** The one value that a query comes to, asked in a session of its own. */
    String query(String query) throws SQLException {
        try (Connection connection = connect()) {
            return query(connection, query);
        }
    }

    static String query(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    void execute(String command) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    /** Makes a primary of a standby, and returns when it is one. */
    void promote() throws Exception {
        run(program("pg_ctl"), "promote", "-D", data());
    }

    /** Kills it, and returns when nobody accepts connections at its address any more. */
    void kill() throws Exception {
        if (daemon != null) {
            killed = true;
            daemon.kill();
        }
        Eventually.holds("nobody listens", () -> !Daemon.accepts(socketAddress()));
    }

    private void stop() throws Exception {
        if (killed) {
            start(); // which removes the shared memory that it has left behind
        }
        run(program("pg_ctl"), "stop", "-m", "fast", "-D", data());
    }

    @Override
    public void close() {
        Daemon running = daemon;
        if (running != null) {
            try (running) {
                stop();
            } catch (Exception e) {
                throw new AssertionError("does not stop: " + host, e);
            }
        }
    }
}
