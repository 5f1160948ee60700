package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Queries that are cancelled behind a balancer of two PostgreSQL servers: the request comes in a connection of its own. */
@Timeout(120)
class CancelTest {
    private static final String SLEEP = "SELECT pg_sleep(30)";
    private static final String CANCELLED = "57014";
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    private Path folder;

    private final Workers workers = new Workers();
    private final List<PostgresNode> nodes = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        Machine.forUnprivileged(folder);
        // Not 127.0.0.1: there the port of one could become that of a client.
        for (String host : List.of("127.0.0.2", "127.0.0.3")) {
            nodes.add(PostgresNode.primary(folder, host, Machine.freePort()));
        }
    }

    @AfterEach
    void stop() {
        nodes.forEach(PostgresNode::close);
        workers.close();
    }

    private SluiceProcess proxy(boolean cancels) throws Exception {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                drain-timeout: 1s
                listeners: [{name: pg, bind: "127.0.0.1:0", upstream: pg}]
                upstreams:
                  - name: pg
                    endpoints: ["%s", "%s"]
                    postgres-cancel: %s
                """.formatted(
                        nodes.getFirst().address(), nodes.getLast().address(), cancels));
        return SluiceProcess.run("-c", file.toString());
    }

    private static Connection connect(SluiceProcess sluice) throws SQLException {
        return PostgresNode.connect("127.0.0.1:" + sluice.port());
    }

    /** What the server says to a query that it is asked now. */
    private Future<String> ask(Statement statement) {
        return workers.start(() -> {
            try {
                statement.execute(SLEEP);
                return "answered";
            } catch (SQLException e) {
                return String.valueOf(e.getSQLState());
            }
        });
    }

    private void awaitSleepers(int count) throws Exception {
        Eventually.holds("the queries run", () -> {
            int sleepers = 0;
            for (PostgresNode node : nodes) {
                sleepers += Integer.parseInt(node.query("SELECT count(*) FROM pg_stat_activity WHERE query = '" + SLEEP
                        + "' AND state = 'active' AND pid <> pg_backend_pid()"));
            }
            return sleepers == count;
        });
    }

    @Test
    void whereverTheQueryRuns() throws Exception {
        try (SluiceProcess sluice = proxy(true)) {
            Set<String> servers = new HashSet<>();
            for (int i = 0; i < 4; i++) {
                int logged = sluice.logged();
                try (Connection session = connect(sluice);
                        Statement statement = session.createStatement()) {
                    servers.add(PostgresNode.query(session, "SELECT host(inet_server_addr())"));
                    Future<String> answer = ask(statement);
                    awaitSleepers(1);
                    statement.cancel();
                    assertEquals(CANCELLED, Workers.await(answer, SOON));
                    assertEquals("1", PostgresNode.query(session, "SELECT 1"), "the session goes on");
                }
                for (AccessLine line : sluice.awaitLog(logged, 2)) {
                    boolean cancel = line.up() == 32; // 16 bytes, twice
                    assertEquals(cancel ? "-" : line.field("endpoint"), line.field("endpoint"), line::text);
                    // Client and server both hang up at the end of a session: who is first is theirs to settle.
                    Set<String> causes = cancel ? Set.of("upstream fin") : Set.of("client fin", "upstream fin");
                    assertTrue(causes.contains(line.end()), line::text);
                }
            }
            assertEquals(2, servers.size(), servers::toString);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    /** The session is on one server, and the request, which is next in turn, goes to the other. */
    @Test
    void withoutTheKeyTheRequestGoesToTheWrongServer() throws Exception {
        try (SluiceProcess sluice = proxy(false);
                Connection session = connect(sluice);
                Statement statement = session.createStatement()) {
            Future<String> answer = ask(statement);
            awaitSleepers(1);
            statement.cancel();
            Thread.sleep(1500);
            assertFalse(answer.isDone(), sluice::toString);
            for (PostgresNode node : nodes) {
                node.query("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE query = '" + SLEEP + "'");
            }
            assertEquals(CANCELLED, Workers.await(answer, SOON));
        }
    }

    /** Ctrl-C, twice: in a session on either server. */
    @Test
    void asPsqlDoesIt() throws Exception {
        String psql = PostgresNode.program("psql");
        try (SluiceProcess sluice = proxy(true)) {
            for (int i = 0; i < 2; i++) {
                Path said = folder.resolve("said" + i);
                ProcessBuilder command = new ProcessBuilder(
                        psql,
                        "-X",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        String.valueOf(sluice.port()),
                        "-U",
                        "postgres",
                        "-c",
                        SLEEP);
                Process client = command.redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
                try {
                    awaitSleepers(1);
                    new ProcessBuilder("kill", "-INT", String.valueOf(client.pid()))
                            .start()
                            .waitFor();
                    assertTrue(client.waitFor(SOON.toSeconds(), TimeUnit.SECONDS), "psql still waits");
                    String text = Files.readString(said);
                    assertTrue(text.contains("canceling statement due to user request"), text);
                } finally {
                    client.destroyForcibly();
                }
                awaitSleepers(0);
            }
        }
    }
}
