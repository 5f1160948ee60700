package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * How new sessions are spread over the endpoints of an upstream.
 *
 * @param policy who is chosen first
 * @param retries further endpoints that are tried when one cannot be connected to, 0 … 100. All addresses of one configured host count as
 *     one endpoint. The only one that takes connections is tried again after a second each time, if it refuses. No endpoint is tried once a
 *     byte has been relayed.
 * @param slowStart how long an endpoint that comes up again, after it was down, takes to get its whole weight, 1 ms … 1 day; 0 = it has
 *     it at once
 */
public record Balancing(Balance policy, int retries, Duration slowStart) {
    public static final int MAX_RETRIES = 100;
    public static final Duration MIN_SLOW_START = Duration.ofMillis(1);
    public static final Duration MAX_SLOW_START = Duration.ofDays(1);

    public static final Balancing DEFAULTS = new Balancing(Balance.ROUND_ROBIN, 2, Duration.ZERO);

    public Balancing {
        Checks.range("retries", retries, 0, MAX_RETRIES);
        Checks.durationOrZero("slow-start", slowStart, MIN_SLOW_START, MAX_SLOW_START);
    }

    public Balancing withPolicy(Balance other) {
        return new Balancing(other, retries, slowStart);
    }

    public Balancing withRetries(int count) {
        return new Balancing(policy, count, slowStart);
    }

    public Balancing withSlowStart(Duration time) {
        return new Balancing(policy, retries, time);
    }
}
