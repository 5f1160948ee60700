package dev.sluice.cli.metrics;

import dev.sluice.proxy.stats.EndCause;

/** Who ended a session, and how. */
record Ways(String who, String cause) {
    private static final String CLIENT = "client";
    private static final String UPSTREAM = "upstream";
    private static final String PROXY = "proxy";

    static Ways of(EndCause cause) {
        return switch (cause) {
            case CLIENT_CLOSED -> new Ways(CLIENT, "fin");
            case UPSTREAM_CLOSED -> new Ways(UPSTREAM, "fin");
            case CLIENT_RESET -> new Ways(CLIENT, "reset");
            case UPSTREAM_RESET -> new Ways(UPSTREAM, "reset");
            case CONNECT_FAILED -> new Ways(UPSTREAM, "connect-failed");
            case CONNECT_TIMEOUT -> new Ways(UPSTREAM, "connect-timeout");
            case IDLE_TIMEOUT -> new Ways(PROXY, "idle");
            case HALF_CLOSE_TIMEOUT -> new Ways(PROXY, "half-close");
            case AGE -> new Ways(PROXY, "age");
            case DRAINED -> new Ways(PROXY, "drain");
            case DOWN -> new Ways(PROXY, "down");
            case LIMIT -> new Ways(PROXY, "limit");
            case ADMIN -> new Ways(PROXY, "admin");
            case NO_RESOURCES -> new Ways(PROXY, "no-resources");
            case INTERNAL_ERROR -> new Ways(PROXY, "internal-error");
        };
    }
}
