package dev.sluice.cli.roles;

import dev.sluice.cli.text.OneLine;
import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.roles.Asking;
import dev.sluice.proxy.roles.PasswordFile;
import dev.sluice.proxy.roles.RoleClient;
import dev.sluice.proxy.roles.RoleException;
import dev.sluice.proxy.roles.ServerRole;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One server and the connection to it, which is kept for a minute. A login for each check would fill the log of a server that logs them
 * (log_connections), and costs a process and a key derivation each time; a connection that is kept for ever would not notice a server that
 * lets nobody in any more, a changed password, or that it alone keeps a server from stopping (pg_ctl stop -m smart).
 *
 * <p>A server without room for another session keeps the connection that it has, and is asked by that: that it is full says nothing of its
 * role. One whose connection is broken is connected to anew within the same check.
 */
final class KeptConnection implements RoleClient {
    static final Duration KEPT = Duration.ofMinutes(1);

    private static final int LONGEST = 160;

    private record Link(Connection connection, @Nullable CheckSocket socket, long since) {}

    private final Address address;
    private final RoleCheck check;
    private final DatabaseServer server;
    private final Duration kept;
    private @Nullable Link link;

    KeptConnection(Address address, RoleCheck check, DatabaseServer server) {
        this(address, check, server, KEPT);
    }

    /**
     * @param kept how long a connection is used
     */
    KeptConnection(Address address, RoleCheck check, DatabaseServer server, Duration kept) {
        this.address = address;
        this.check = check;
        this.server = server;
        this.kept = kept;
    }

    @Override
    public ServerRole ask(Asking asking) throws RoleException {
        Link old = link;
        boolean young = old != null && System.nanoTime() - old.since() < kept.toNanos();
        if (old != null && young) {
            try {
                return ask(old, asking);
            } catch (SQLException e) {
                if (asking.isCancelled() || !isBroken(old, e)) {
                    throw failure(e);
                }
                drop();
                old = null;
            }
        }
        Link fresh;
        try {
            fresh = login(asking);
        } catch (SQLException e) {
            return old != null && server.isFull(e) ? askOld(old, asking) : fail(e);
        }
        drop();
        link = fresh;
        try {
            return ask(fresh, asking);
        } catch (SQLException e) {
            return fail(e);
        }
    }

    private ServerRole askOld(Link old, Asking asking) throws RoleException {
        try {
            return ask(old, asking);
        } catch (SQLException e) {
            return fail(e);
        }
    }

    /** What has failed is not used again. */
    private ServerRole fail(SQLException e) throws RoleException {
        if (link != null && isBroken(link, e)) {
            drop();
        }
        throw failure(e);
    }

    private ServerRole ask(Link with, Asking asking) throws SQLException {
        if (with.socket() != null) {
            try {
                asking.uses(with.socket());
            } catch (IOException e) {
                throw new SQLException(e);
            }
        }
        return server.ask(with.connection());
    }

    private Link login(Asking asking) throws SQLException, RoleException {
        String password = check.passwordFile() == null ? null : PasswordFile.read(check.passwordFile());
        Login login = new Login(address, asking, password);
        login.begin();
        try {
            Connection connection = server.connect(login);
            return new Link(connection, login.socket(), System.nanoTime());
        } finally {
            Login.end();
        }
    }

    /** Whether nothing more can be asked by this connection: an error of the connection (SQLSTATE 08), or a server that ends it (57P). */
    private static boolean isBroken(Link link, SQLException e) {
        String state = String.valueOf(e.getSQLState());
        try {
            return state.startsWith("08")
                    || state.startsWith("57P")
                    || link.connection().isClosed();
        } catch (SQLException closed) {
            return true;
        }
    }

    private void drop() {
        Link old = link;
        link = null;
        if (old != null) {
            try {
                old.connection().close();
            } catch (SQLException e) {
                // It is gone all the same.
            }
        }
    }

    @Override
    public void close() {
        drop();
    }

    private RoleException failure(SQLException e) {
        String refusal = server.refusal(e);
        return new RoleException(shorten(refusal.isEmpty() ? reason(e) : "refuses with " + refusal), server.isFull(e));
    }

    private static String reason(SQLException e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return switch (root) {
            case ConnectException refused -> "cannot be connected to: " + refused.getMessage();
            case NoRouteToHostException unreachable -> "cannot be connected to: " + unreachable.getMessage();
            case SocketTimeoutException _ -> "no answer in time";
            default ->
                "08P01".equals(e.getSQLState())
                        ? "speaks another protocol"
                        : "cannot be asked: "
                                + (root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage());
        };
    }

    private static String shorten(String text) {
        String line = OneLine.of(text);
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }
}
