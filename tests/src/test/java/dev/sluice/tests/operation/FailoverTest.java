package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.operation.Pgbench.Round;
import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL primary and its streaming standby, of which only the primary gets sessions, whoever that is. */
@Timeout(180)
class FailoverTest {
    private static final List<String> REFUSED = List.of(
            "upstream connect-failed",
            "upstream connect-timeout",
            "proxy limit",
            "proxy no-resources",
            "proxy internal-error");
    private static final Duration LONG = Duration.ofSeconds(90);

    @TempDir
    private Path folder;

    private final Workers workers = new Workers();
    private final List<AutoCloseable> open = new ArrayList<>();
    private PostgresNode first;
    private PostgresNode second;
    private Patroni firstPatroni;
    private Path file;

    private <T extends AutoCloseable> T opened(T one) {
        open.addFirst(one);
        return one;
    }

    @BeforeEach
    void start() throws Exception {
        PostgresNode.program("pgbench");
        Machine.forUnprivileged(folder);
        first = opened(PostgresNode.primary(folder, "127.0.0.2", Machine.freePort()));
        first.execute(Pgbench.TABLE);
        second = opened(first.standby("127.0.0.3"));
        firstPatroni = opened(new Patroni(first, 0));
        opened(new Patroni(second, firstPatroni.port()));
        file = Files.writeString(
                folder.resolve("sluice.yaml"), """
                threads: 2
                drain-timeout: 1s
                listeners: [{name: pg, bind: "127.0.0.1:0", upstream: pg}]
                upstreams:
                  - name: pg
                    endpoints: ["%s", "%s"]
                    health: {check: http, path: /primary, port: %d, interval: 200ms, timeout: 5s, start: down, rise: 1, fall: 2}
                    at-most: 1
                    when-down: {hold: 20s}
                    on-down: close
                """.formatted(first.address(), second.address(), firstPatroni.port()));
    }

    @AfterEach
    void stop() throws Exception {
        workers.close();
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    private SluiceProcess proxy() {
        return SluiceProcess.run("-c", file.toString());
    }

    private static void awaitState(SluiceProcess sluice, PostgresNode node, String state) {
        String words = "endpoint pg/" + node.address() + " is " + state;
        sluice.awaitStderr(words, line -> line.contains(words));
    }

    private static Connection connect(SluiceProcess sluice) throws SQLException {
        return PostgresNode.connect("127.0.0.1:" + sluice.port());
    }

    private static String server(Connection session) throws SQLException {
        return PostgresNode.query(session, "SELECT host(inet_server_addr())");
    }

    /** A new session, which nobody takes at the moment; it comes to the address of the server that does. */
    private Future<String> held(SluiceProcess sluice) throws InterruptedException {
        Future<String> server = workers.start(() -> {
            try (Connection session = connect(sluice)) {
                return server(session);
            }
        });
        Thread.sleep(300);
        assertFalse(server.isDone(), sluice::toString);
        return server;
    }

    /** A session that was open is ended by the proxy. */
    private static void assertClosed(SluiceProcess sluice, Connection session) {
        sluice.awaitStdout(0, "a session that is ended", line -> line.contains(" cause=down "));
        assertThrows(SQLException.class, () -> server(session));
    }

    private static void assertNobodyWasRefused(SluiceProcess sluice) {
        for (String text : sluice.stdout()) {
            AccessLine line = AccessLine.parse(text);
            assertFalse(REFUSED.contains(line.end()), text);
            assertTrue(
                    !line.end().equals("proxy down")
                            || !line.field("connect_ms").equals("-"),
                    text);
        }
    }

    @Test
    void aPrimaryIsKilledUnderLoad() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        try (SluiceProcess sluice = proxy()) {
            awaitState(sluice, first, "up");
            Pgbench pgbench = new Pgbench(folder, sluice.port());
            Future<List<Round>> load = workers.start(() -> pgbench.rounds(over));
            Eventually.holds("some rounds", () -> load.isDone() || pgbench.begun() > 2);

            int cut = pgbench.begun();
            long killed = System.currentTimeMillis();
            first.kill();
            int whole = pgbench.begun() + 1;
            Future<Round> late = workers.start(pgbench::round);
            Future<String> held = held(sluice);
            awaitState(sluice, first, "down");
            long ordered = System.currentTimeMillis();
            second.promote();
            assertEquals(second.host(), Workers.await(held));
            Round begunWithoutServer = Workers.await(late, LONG);
            int enough = pgbench.begun() + 2;
            Eventually.holds("some rounds", LONG, () -> load.isDone() || pgbench.begun() > enough);
            over.set(true);
            List<Round> rounds = new ArrayList<>(Workers.await(load, LONG));
            rounds.add(begunWithoutServer);

            for (Round round : rounds) {
                boolean mayBeCut = round.number() >= cut && round.number() < whole;
                assertTrue(mayBeCut || round.isWhole(), round::toString);
            }
            long later =
                    rounds.stream().filter(round -> round.number() >= whole).count();
            assertTrue(later >= 2, rounds::toString);
            assertEquals(later * Pgbench.TRANSACTIONS, count("round >= " + whole));
            assertEquals(0, count("round >= " + whole + " AND server <> '" + second.host() + "'"));
            assertTrue(count("server = '" + first.host() + "'") > 0, "nothing was replicated");
            assertNobodyWasRefused(sluice);
            assertEquals(0, sluice.terminate(), sluice::toString);
            report(killed, ordered);
        }
    }

    private long count(String which) throws SQLException {
        return Long.parseLong(second.query("SELECT count(*) FROM served WHERE " + which));
    }

    private void report(long killed, long ordered) throws SQLException {
        long served = Long.parseLong(
                second.query("SELECT (extract(epoch FROM min(at)) * 1000)::bigint FROM served WHERE server = '"
                        + second.host() + "'"));
        System.out.println("failover: first transaction " + (served - killed) + " ms after the primary was killed, "
                + (served - ordered) + " ms after its standby was told to take over");
    }

    @Test
    void aPrimaryLosesItsRoleWithSessionsOpen() throws Exception {
        try (SluiceProcess sluice = proxy();
                Connection session = connect(sluice)) {
            assertEquals(first.host(), server(session));
            firstPatroni.demote();
            assertClosed(sluice, session);
            assertEquals("1", first.query("SELECT 1")); // it lives
            Future<String> held = held(sluice);
            second.promote();
            assertEquals(second.host(), Workers.await(held));
            assertNobodyWasRefused(sluice);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    @Test
    void ofTwoPrimariesNoneIsUsed() throws Exception {
        try (SluiceProcess sluice = proxy();
                Connection session = connect(sluice)) {
            assertEquals(first.host(), server(session));
            second.promote();
            sluice.awaitStderr("why", line -> line.contains("2 members are healthy, and at most 1 may be"));
            assertClosed(sluice, session);
            Future<String> held = held(sluice);
            first.kill();
            assertEquals(second.host(), Workers.await(held));
            assertNobodyWasRefused(sluice);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }
}
