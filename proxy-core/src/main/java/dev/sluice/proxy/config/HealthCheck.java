package dev.sluice.proxy.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an endpoint is asked whether it is alive. None of the kinds needs a password but {@link RoleCheck}. */
public sealed interface HealthCheck
        permits HealthCheck.Tcp,
                HealthCheck.Http,
                HealthCheck.Expect,
                HealthCheck.Agent,
                HealthCheck.Postgres,
                HealthCheck.Redis,
                HealthCheck.Mysql,
                RoleCheck {
    /** Whether it can be connected to. Over TCP the handshake is broken off before its end, so that the server never hears of it. */
    record Tcp() implements HealthCheck {}

    /**
     * Whether a GET is answered with one of these statuses (HTTP/1.1, RFC 9112); what is behind the header is not looked at.
     *
     * @param path what is asked for: begins with a slash, visible ASCII, at most {@link #MAX_TEXT} bytes
     * @param host the Host field: visible ASCII; null = the endpoint's address
     * @param expect the statuses of one that is alive, at least one range
     */
    record Http(String path, @Nullable String host, List<StatusRange> expect) implements HealthCheck {
        public static final List<StatusRange> DEFAULT_EXPECT = List.of(new StatusRange(200, 299));

        public Http {
            expect = List.copyOf(expect);
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException(
                        "health path must begin with a slash: '" + Checks.escape(path) + "'");
            }
            visible("health path", path);
            if (host != null) {
                visible("health host", host);
            }
            if (expect.isEmpty()) {
                throw new IllegalArgumentException("health expect is empty: at least one status, such as 200-299");
            }
        }

        /** This path, of whatever host, with a status of 200 to 299. */
        public static Http of(String path) {
            return new Http(path, null, DEFAULT_EXPECT);
        }
    }

    /**
     * Statuses of HTTP.
     *
     * @param from 100 … 599
     * @param to {@code from} … 599, included
     */
    record StatusRange(int from, int to) {
        public StatusRange {
            Checks.range("health expect", from, 100, 599);
            Checks.range("health expect", to, from, 599);
        }

        public boolean contains(int status) {
            return from <= status && status <= to;
        }
    }

    /**
     * Whether these bytes are heard, anywhere in the first {@link #MAX_HEARD} that come.
     *
     * @param send what is said first; none = nothing
     * @param expect what is to be heard, at least one byte
     */
    record Expect(Bytes send, Bytes expect) implements HealthCheck {
        public Expect {
            Checks.range("health send: its length", send.length(), 0, MAX_TEXT);
            Checks.range("health expect: its length", expect.length(), 1, MAX_TEXT);
        }
    }

    /**
     * What an agent beside the server says of it in one line, as HAProxy's agent-check has it: {@code up}, {@code down}, {@code drain},
     * {@code maint}, {@code ready}, {@code 50%}, and a reason behind a {@code #}.
     *
     * @param port the agent's, on the endpoint's host, 1 … 65535
     */
    record Agent(int port) implements HealthCheck {
        public Agent {
            Checks.range("health agent port", port, 1, 65535);
        }
    }

    /**
     * Whether a PostgreSQL server takes connections, asked as pg_isready(1) does. A server that wants TLS of everybody refuses, and is
     * alive.
     *
     * @param user who is said to connect; a role that exists keeps the server's log quiet
     * @param database where to; null = that of the user's name
     */
    record Postgres(String user, @Nullable String database) implements HealthCheck {
        /** The role that nearly every server has. */
        public static final String DEFAULT_USER = "postgres";

        public Postgres {
            Checks.text("health user", user, MAX_TEXT);
            if (database != null) {
                Checks.text("health database", database, MAX_TEXT);
            }
        }

        /** As {@link #DEFAULT_USER}. */
        public static Postgres ofDefaults() {
            return new Postgres(DEFAULT_USER, null);
        }
    }

    /** Whether a Redis server answers a PING, be it with the wish for a password. */
    record Redis() implements HealthCheck {}

    /**
     * Whether a MySQL or MariaDB server lets somebody log in, or at least asks him in earnest.
     *
     * @param user a user without a password or rights, best of all; one that the server turns away shows that it is alive, too. There is no
     *     check without one: a connection that ends before its login counts against the host, which is blocked after
     *     {@code max_connect_errors} of them
     */
    record Mysql(String user) implements HealthCheck {
        public Mysql {
            Checks.text("health user", user, MAX_TEXT);
        }
    }

    /** The longest path, name, or thing to say, bytes. */
    int MAX_TEXT = 1024;

    /** How much is listened to for what is expected, bytes. */
    int MAX_HEARD = 16 << 10;

    private static void visible(String what, String text) {
        Checks.range(what + ": its length", text.length(), 1, MAX_TEXT);
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7f) {
                throw new IllegalArgumentException(
                        what + " must be visible ASCII without spaces: '" + Checks.escape(text) + "'");
            }
        }
    }
}
