package dev.sluice.proxy.config;

/**
 * One server of an upstream, or a list of servers.
 *
 * @param source where it is, or who says it; a port must not be 0. A host with several addresses is one endpoint: they are tried in the
 *     resolver's order. For each endpoint of a list, what follows is as it is here unless the list says something else of it.
 * @param weight its share of the new sessions, in proportion to the others', 0 … 256; 0 = it gets none
 * @param maxSessions how many sessions each of its addresses has at most, those still being connected included, 1 … 10,000,000; 0 = no
 *     such limit
 * @param backup whether it gets sessions only when no other endpoint takes any
 */
public record EndpointConfig(EndpointSource source, int weight, int maxSessions, boolean backup) {
    public static final int MAX_WEIGHT = 256;
    public static final int MAX_SESSIONS = 10_000_000;

    public EndpointConfig {
        if (source instanceof EndpointAddress.Tcp tcp && tcp.port() == 0) {
            throw new IllegalArgumentException("'" + source + "': nothing can be reached on port 0");
        }
        if (source instanceof EndpointAddress.Passed) {
            throw new IllegalArgumentException("'" + source + "' can only be listened on");
        }
        Checks.range("weight", weight, 0, MAX_WEIGHT);
        Checks.range("max-sessions", maxSessions, 0, MAX_SESSIONS);
    }

    /** An endpoint of weight 1 with the defaults of everything else. */
    public static EndpointConfig of(EndpointSource source) {
        return new EndpointConfig(source, 1, 0, false);
    }

    public EndpointConfig withWeight(int other) {
        return new EndpointConfig(source, other, maxSessions, backup);
    }

    public EndpointConfig withMaxSessions(int count) {
        return new EndpointConfig(source, weight, count, backup);
    }

    public EndpointConfig withBackup(boolean whether) {
        return new EndpointConfig(source, weight, maxSessions, whether);
    }
}
