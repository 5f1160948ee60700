package dev.sluice.cli.roles;

import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.RoleCheck.Role;
import dev.sluice.proxy.roles.ServerRole;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.Driver;

/** MariaDB and MySQL. */
final class MysqlServer implements DatabaseServer {
    static {
        System.setProperty("mariadb.logging.disable", "true"); // what it would log is told by its exceptions
    }

    /** Ways to log in that never give the password away over a connection that is not encrypted. */
    private static final String WAYS = "mysql_native_password,client_ed25519,parsec,caching_sha2_password";

    private static final String NO_TLS = "ssl not enabled in the server";

    /** Errors of a server without room for another session: max_connections, max_user_connections of all and of a user. */
    private static final Set<Integer> FULL = Set.of(1040, 1203, 1226);

    private static final int SYNTAX_ERROR = 1064;

    private static final String READ_ONLY =
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', 'innodb_read_only')";

    private final RoleCheck check;
    /** It has said that it has none. Not asked for again: who breaks off there is counted (max_connect_errors). */
    private boolean withoutTls;

    private boolean oldWords;

    MysqlServer(RoleCheck check) {
        this.check = check;
    }

    @Override
    public Connection connect(Login login) throws SQLException {
        if (!withoutTls) {
            try {
                return connect(login, "trust");
            } catch (SQLException e) {
                if (!String.valueOf(e.getMessage()).contains(NO_TLS)) {
                    throw e;
                }
                withoutTls = true;
            }
        }
        return connect(login, "disable");
    }

    private Connection connect(Login login, String sslMode) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", Objects.requireNonNull(check.user()));
        if (login.password() != null) {
            properties.setProperty("password", login.password());
        }
        if (check.name() != null) {
            properties.setProperty("database", check.name());
        }
        properties.setProperty("socketFactory", CheckSocketFactory.class.getName());
        properties.setProperty("connectTimeout", String.valueOf(login.asking().millisLeft()));
        properties.setProperty("sslMode", sslMode);
        properties.setProperty("restrictedAuth", WAYS);
        // What a server may ask of its clients, and need not get from a check.
        properties.setProperty("allowLocalInfile", "false");
        properties.setProperty("permitRedirect", "false");
        properties.setProperty("allowPublicKeyRetrieval", "false");
        properties.setProperty("connectionAttributes", "program_name:sluice");
        String url = "jdbc:mariadb://" + login.hostAndPort() + "/";
        return Objects.requireNonNull(new Driver().connect(url, properties));
    }

    @Override
    public ServerRole ask(Connection connection) throws SQLException {
        Set<String> on = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(READ_ONLY)) {
            while (rows.next()) {
                if (!"OFF".equals(rows.getString(2))) { // newer ones of MariaDB have several words for on
                    on.add(rows.getString(1));
                }
            }
        }
        if (on.isEmpty()) {
            return ServerRole.primary();
        }
        return check.role() == Role.PRIMARY
                ? ServerRole.neither("takes no writes (" + on.iterator().next() + " is on)")
                : replica(connection);
    }

    private ServerRole replica(Connection connection) throws SQLException {
        boolean mariadb = connection.getMetaData().getDatabaseProductName().startsWith("MariaDB");
        if (!mariadb && !oldWords) {
            try {
                return replica(connection, "SHOW REPLICA STATUS");
            } catch (SQLException e) {
                if (e.getErrorCode() != SYNTAX_ERROR) {
                    throw e;
                }
                oldWords = true; // before 8.0.22
            }
        }
        return replica(connection, mariadb ? "SHOW ALL SLAVES STATUS" : "SHOW SLAVE STATUS");
    }

    /** One row for each source that it replicates; it is as far behind as for that for which it is farthest. */
    private static ServerRole replica(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(question)) {
            boolean any = false;
            boolean known = true;
            long lag = 0;
            while (rows.next()) {
                any = true;
                // Connecting: the primary is out of reach, which may be its fault.
                if ("No".equals(field(rows, "IO_Running"))) {
                    return ServerRole.stopped("is a replica that has stopped reading from its primary");
                }
                if (!"Yes".equals(field(rows, "SQL_Running"))) {
                    return ServerRole.stopped("is a replica that has stopped applying what it reads");
                }
                String behind = field(rows, "Seconds_Behind");
                known &= behind != null;
                lag = Math.max(lag, behind == null ? 0 : Long.parseLong(behind));
            }
            return any
                    ? ServerRole.replica(known ? Duration.ofSeconds(lag) : null)
                    : ServerRole.neither("is read-only, but follows nobody");
        }
    }

    /** Slave_IO_Running and Replica_IO_Running, Seconds_Behind_Master and Seconds_Behind_Source: the words differ, the sense does not. */
    private static @Nullable String field(ResultSet rows, String part) throws SQLException {
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
            String label = rows.getMetaData().getColumnLabel(i);
            if (label.endsWith("_" + part) || label.startsWith(part + "_")) {
                return rows.getString(i);
            }
        }
        throw new SQLException("the status of the replica has no " + part);
    }

    @Override
    public boolean isFull(SQLException refusal) {
        return FULL.contains(refusal.getErrorCode());
    }

    @Override
    public String refusal(SQLException refusal) {
        String message = String.valueOf(refusal.getMessage()).replaceFirst("^\\(conn=\\d+\\) ", "");
        return refusal.getErrorCode() <= 0 ? "" : refusal.getErrorCode() + ", \"" + message + "\"";
    }
}
