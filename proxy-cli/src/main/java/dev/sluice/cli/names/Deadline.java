package dev.sluice.cli.names;

import java.time.Duration;

/**
 * A moment by which something is over.
 *
 * @param at of {@link System#nanoTime()}
 */
record Deadline(long at) {
    private static final int NANOS_PER_MILLI = 1_000_000;

    static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** The earlier one of this and a moment from now on. */
    Deadline orIn(Duration duration) {
        Deadline other = in(duration);
        return other.at - at < 0 ? other : this;
    }

    boolean passed() {
        return left() <= 0;
    }

    /** What is left, for a socket's timeout: at least 1 ms, since 0 would be for ever. */
    int millis() {
        long millis = (left() + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
        return Math.clamp(millis, 1, Integer.MAX_VALUE);
    }

    private long left() {
        return at - System.nanoTime();
    }
}
