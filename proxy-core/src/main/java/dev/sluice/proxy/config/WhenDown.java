package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * What becomes of new connections to an upstream while none of its endpoints takes any.
 *
 * @param hold how long each is held, in case that one does by then, 1 ms … 1 day; 0 = it is refused at once
 * @param max how many are held at most, on all loops together, 1 … 1,000,000; the others are refused
 */
public record WhenDown(Duration hold, int max) {
    public static final int DEFAULT_MAX = 1000;
    public static final int MOST = 1_000_000;

    /** They are refused. */
    public static final WhenDown REFUSE = new WhenDown(Duration.ZERO, DEFAULT_MAX);

    public WhenDown {
        Checks.durationOrZero("hold", hold, Timeouts.MIN, Timeouts.MAX_CONNECT);
        Checks.range("max", max, 1, MOST);
    }

    /** They are held for so long. */
    public static WhenDown hold(Duration time) {
        return new WhenDown(time, DEFAULT_MAX);
    }
}
