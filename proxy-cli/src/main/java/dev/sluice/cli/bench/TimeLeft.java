package dev.sluice.cli.bench;

import java.time.Duration;

/** How long the cases may go on beyond their least rounds: what the plan leaves of its time, in equal parts. */
final class TimeLeft {
    private final long end;
    private long endOfCase;

    /**
     * Begins now.
     *
     * @param now as {@link System#nanoTime}
     * @param all that there is
     */
    TimeLeft(long now, Duration all) {
        this.end = now + all.toNanos();
        this.endOfCase = end;
    }

    /**
     * A case has had its least rounds.
     *
     * @param least what the cases after it need at least
     * @param cases that are not over, this one included, ≥ 1
     */
    void share(long now, Duration least, int cases) {
        long left = Math.max(0, end - now - least.toNanos());
        endOfCase = now + left / cases;
    }

    /** Whether this fits in. */
    boolean fits(long now, Duration time) {
        return now + time.toNanos() <= endOfCase;
    }
}
