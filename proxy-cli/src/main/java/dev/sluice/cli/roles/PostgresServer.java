package dev.sluice.cli.roles;

import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.roles.ServerRole;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.ssl.NonValidatingFactory;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** PostgreSQL, of version 10 at least. */
final class PostgresServer implements DatabaseServer {
    /** What it would log to stderr is told by its exceptions. Kept here, or its level would be collected with it. */
    private static final Logger QUIET = Logger.getLogger("org.postgresql");

    static {
        QUIET.setLevel(Level.OFF);
    }

    /**
     * All in one, and for everybody: who may not see more of pg_stat_wal_receiver sees that there is one. A standby that has replayed all
     * that it has received is not behind as long as it receives; how old its last transaction is says then only how quiet the primary is.
     */
    private static final String QUESTION = """
            SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only'), \
            CASE WHEN NOT pg_is_in_recovery() THEN NULL \
            WHEN EXISTS (SELECT 1 FROM pg_stat_wal_receiver) AND pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0 \
            ELSE ceil(extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END""";

    private static final String TOO_MANY_CONNECTIONS = "53300";

    private final RoleCheck check;

    PostgresServer(RoleCheck check) {
        this.check = check;
    }

    @Override
    public Connection connect(Login login) throws SQLException {
        String user = Objects.requireNonNull(check.user());
        String database = check.name() == null ? user : check.name();
        Properties properties = new Properties();
        PGProperty.USER.set(properties, user);
        PGProperty.AUTHENTICATION_PLUGIN_CLASS_NAME.set(properties, PostgresPassword.class.getName());
        PGProperty.SOCKET_FACTORY.set(properties, CheckSocketFactory.class.getName());
        // As libpq does without being told: encrypted if the server can, whoever it is.
        PGProperty.SSL_MODE.set(properties, "prefer");
        PGProperty.SSL_FACTORY.set(properties, NonValidatingFactory.class.getName());
        PGProperty.GSS_ENC_MODE.set(properties, "disable");
        PGProperty.APPLICATION_NAME.set(properties, "sluice");
        // With this the name goes with the login, and is not set by a statement of its own.
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.TCP_KEEP_ALIVE.set(properties, true);
        String url =
                "jdbc:postgresql://" + login.hostAndPort() + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8);
        return Objects.requireNonNull(new Driver().connect(url, properties));
    }

    @Override
    public ServerRole ask(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(QUESTION)) {
            if (!rows.next()) {
                throw new SQLException("no answer to what its role is");
            }
            if (rows.getBoolean(1)) {
                long lag = rows.getLong(3);
                return ServerRole.replica(rows.wasNull() ? null : Duration.ofSeconds(lag));
            }
            return "on".equals(rows.getString(2))
                    ? ServerRole.neither("takes no writes (default_transaction_read_only is on)")
                    : ServerRole.primary();
        }
    }

    @Override
    public boolean isFull(SQLException refusal) {
        return TOO_MANY_CONNECTIONS.equals(refusal.getSQLState());
    }

    @Override
    public String refusal(SQLException refusal) {
        @Nullable ServerErrorMessage said = refusal instanceof PSQLException of ? of.getServerErrorMessage() : null;
        return said == null ? "" : said.getSQLState() + ", \"" + said.getMessage() + "\"";
    }
}
