package dev.sluice.tests.operation;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What Patroni is to a load balancer: an HTTP server beside a PostgreSQL server, with 200 at /primary when that is one, else 503. */
final class Patroni implements AutoCloseable {
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    private final PostgresNode node;
    private final HttpServer http;
    private @Nullable Connection session;
    private volatile boolean demoted;

    /**
     * @param port on the node's address; 0 for any
     */
    Patroni(PostgresNode node, int port) throws IOException {
        this.node = node;
        this.http = HttpServer.create(new InetSocketAddress(node.host(), port), 0);
        http.createContext("/primary", this::answer);
        http.start();
    }

    int port() {
        return http.getAddress().getPort();
    }

    /** Its node is no primary from now on, whatever it thinks itself: it has lost the lock of the cluster. */
    void demote() {
        demoted = true;
    }

    /** From the server's thread only. */
    private void answer(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(!demoted && isPrimary() ? OK : UNAVAILABLE, -1);
        exchange.close();
    }

    private boolean isPrimary() {
        try {
            if (session == null || session.isClosed()) {
                session = node.connect();
            }
            return "f".equals(PostgresNode.query(session, "SELECT pg_is_in_recovery()"));
        } catch (SQLException gone) {
            disconnect();
            return false;
        }
    }

    private void disconnect() {
        Connection old = session;
        session = null;
        try {
            if (old != null) {
                old.close();
            }
        } catch (SQLException gone) {
            return;
        }
    }

    @Override
    public void close() {
        http.stop(0);
        disconnect();
    }
}
