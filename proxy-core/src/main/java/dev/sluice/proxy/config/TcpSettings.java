package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * Options of the TCP sockets of a listener or an upstream (tcp(7)); unix sockets have none.
 *
 * @param keepalive how a peer that vanished is found out
 * @param userTimeout how long sent bytes may stay unacknowledged before the connection is given up (TCP_USER_TIMEOUT), 1 ms … 1 day;
 *     0 = the kernel's own limit, some fifteen minutes (tcp_retries2)
 */
public record TcpSettings(Keepalive keepalive, Duration userTimeout) {
    public static final Duration MIN_USER_TIMEOUT = Duration.ofMillis(1);
    public static final Duration MAX_USER_TIMEOUT = Duration.ofDays(1);

    public static final TcpSettings DEFAULTS = new TcpSettings(Keepalive.DEFAULTS, Duration.ZERO);

    public TcpSettings {
        Checks.durationOrZero("user-timeout", userTimeout, MIN_USER_TIMEOUT, MAX_USER_TIMEOUT);
    }

    public TcpSettings withKeepalive(Keepalive other) {
        return new TcpSettings(other, userTimeout);
    }

    public TcpSettings withUserTimeout(Duration timeout) {
        return new TcpSettings(keepalive, timeout);
    }

    /**
     * Probes of a silent connection (SO_KEEPALIVE): a peer that does not answer {@code count} of them is gone.
     *
     * @param idle silence before the first probe (TCP_KEEPIDLE), 1 s … 32,767 s in whole seconds; 0 = no probes at all
     * @param interval between probes (TCP_KEEPINTVL), 1 s … 32,767 s in whole seconds
     * @param count probes without an answer (TCP_KEEPCNT), 1 … 127
     */
    public record Keepalive(Duration idle, Duration interval, int count) {
        // Before the defaults, which are checked against them.
        public static final Duration MIN = Duration.ofSeconds(1);
        public static final Duration MAX = Duration.ofSeconds(32_767);
        public static final int MAX_COUNT = 127;

        public static final Keepalive DEFAULTS = new Keepalive(Duration.ofSeconds(60), Duration.ofSeconds(10), 5);

        public Keepalive {
            Checks.durationOrZero("keepalive idle", idle, MIN, MAX);
            Checks.duration("keepalive interval", interval, MIN, MAX);
            Checks.range("keepalive count", count, 1, MAX_COUNT);
            Checks.wholeSeconds("keepalive idle", idle);
            Checks.wholeSeconds("keepalive interval", interval);
        }

        /** Whether there are probes. */
        public boolean enabled() {
            return !idle.isZero();
        }
    }
}
