package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * When an endpoint gets no new sessions for some time because of how it treated those before.
 *
 * @param failures how many attempts to connect that failed, or sessions that it reset in their first second before it had said anything, 1
 *     … 10000
 * @param within in how long, 100 ms … 1 hour
 * @param eject for how long, 100 ms … 1 day; doubled with each time in a row, up to ten times as long
 * @param maxEjected never more of the upstream's endpoints than this at a time, percent, 1 … 100; the last one that is up always stays
 */
public record OutlierConfig(int failures, Duration within, Duration eject, int maxEjected) {
    /** How many times longer than {@code eject} it can become. */
    public static final int MAX_REPEATS = 10;

    // Before what is checked by them.
    public static final int MAX_FAILURES = 10_000;
    public static final Duration MIN = Duration.ofMillis(100);
    public static final Duration MAX_WITHIN = Duration.ofHours(1);
    public static final Duration MAX_EJECT = Duration.ofDays(1);

    public static final OutlierConfig DEFAULTS =
            new OutlierConfig(5, Duration.ofSeconds(10), Duration.ofSeconds(30), 50);

    public OutlierConfig {
        Checks.range("outliers failures", failures, 1, MAX_FAILURES);
        Checks.duration("outliers within", within, MIN, MAX_WITHIN);
        Checks.duration("outliers eject", eject, MIN, MAX_EJECT);
        Checks.range("outliers max-ejected", maxEjected, 1, 100);
    }
}
