package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * What a listener's sessions tell besides their end.
 *
 * @param start whether they tell that they have begun
 * @param interval how often they tell that they live, 1 s … 1 day; 0 = never
 */
public record ReportSettings(boolean start, Duration interval) {
    public static final Duration MIN_INTERVAL = Duration.ofSeconds(1);
    public static final Duration MAX_INTERVAL = Duration.ofDays(1);

    /** Nothing. */
    public static final ReportSettings NONE = new ReportSettings(false, Duration.ZERO);

    public ReportSettings {
        Checks.durationOrZero("interval", interval, MIN_INTERVAL, MAX_INTERVAL);
    }
}
