package dev.sluice.proxy.stats;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long the turns of one loop took in the last minute, counted by upper bounds that are a quarter apart or less, and how much of that
 * time it was busy. Its thread alone adds, without allocating; any thread may read, opaquely.
 *
 * <p>The minute is {@link #WINDOWS} windows of ten seconds in a ring: the loop clears the oldest when it comes to a new one, and whoever
 * reads leaves out those that are too old, for a loop that sleeps clears none.
 */
public final class TurnTimes {
    /** What is known of the last minute, or of the time since the start where that is less. */
    public record Recent(double busy, long medianNanos, long p99Nanos, long longestNanos) {
        /** There was no turn. */
        static final Recent NONE = new Recent(0, 0, 0, 0);
    }

    static final int WINDOWS = 6;
    static final long WINDOW_NANOS = 10_000_000_000L;

    /** The unit is 256 ns: a turn has at least one system call. */
    private static final int UNIT_SHIFT = 8;
    /** Buckets of each power of two. */
    private static final int PARTS_BITS = 2;

    private static final int PARTS = 1 << PARTS_BITS;
    /** What is longer than the last of them, eight seconds, is counted there. */
    private static final int BUCKETS = 24 * PARTS;

    /** Cells of a window, behind its buckets. */
    private static final int NUMBER = BUCKETS;

    private static final int BUSY = BUCKETS + 1;
    private static final int LONGEST = BUCKETS + 2;
    private static final int STRIDE = BUCKETS + 3;

    /** Cells behind the windows: since the start. */
    private static final int ALL_TURNS = WINDOWS * STRIDE;

    private static final int ALL_BUSY = ALL_TURNS + 1;

    private final AtomicLongArray cells = new AtomicLongArray(ALL_BUSY + 1);
    private final long origin;
    /** The loop's: where it adds, and until when. */
    private int window;

    private long windowEnd;

    /**
     * @param now the loop's clock, nanoseconds
     */
    public TurnTimes(long now) {
        origin = now;
        for (int i = 0; i < WINDOWS; i++) {
            set(i * STRIDE + NUMBER, -1);
        }
        enter(now);
    }

    /**
     * A turn is over; on the loop's thread.
     *
     * @param from when it had waited for events
     * @param to now
     */
    public void turned(long from, long to) {
        if (to - windowEnd >= 0) {
            enter(to);
        }
        long took = Math.max(0, to - from);
        add(window + bucket(took), 1);
        add(window + BUSY, took);
        if (took > cells.getPlain(window + LONGEST)) {
            set(window + LONGEST, took);
        }
        add(ALL_TURNS, 1);
        add(ALL_BUSY, took);
    }

    private void enter(long now) {
        long number = (now - origin) / WINDOW_NANOS;
        window = (int) (number % WINDOWS) * STRIDE;
        windowEnd = origin + (number + 1) * WINDOW_NANOS;
        for (int i = 0; i < STRIDE; i++) {
            set(window + i, 0);
        }
        set(window + NUMBER, number);
    }

    private void add(int cell, long amount) {
        set(cell, cells.getPlain(cell) + amount);
    }

    private void set(int cell, long value) {
        cells.setOpaque(cell, value);
    }

    /** Turns since the start; from any thread. */
    public long turns() {
        return cells.getOpaque(ALL_TURNS);
    }

    /** Nanoseconds of all of them; from any thread. */
    public long busyNanos() {
        return cells.getOpaque(ALL_BUSY);
    }

    /**
     * What is known of the last minute; from any thread.
     *
     * @param now {@link System#nanoTime()}
     * @param inTurn for how long at least it has been in a turn that is not over, and so is not counted; 0: not that anybody knows
     */
    public Recent recent(long now, long inTurn) {
        long number = Math.max(0, (now - origin) / WINDOW_NANOS);
        long oldest = Math.max(0, number - (WINDOWS - 1));
        long[] counts = new long[BUCKETS];
        long turns = 0;
        long busy = 0;
        long longest = 0;
        for (int at = 0; at < WINDOWS * STRIDE; at += STRIDE) {
            if (cells.getOpaque(at + NUMBER) < oldest) {
                continue;
            }
            for (int i = 0; i < BUCKETS; i++) {
                long count = cells.getOpaque(at + i);
                counts[i] += count;
                turns += count;
            }
            busy += cells.getOpaque(at + BUSY);
            longest = Math.max(longest, cells.getOpaque(at + LONGEST));
        }
        if (inTurn > 0) {
            counts[bucket(inTurn)]++;
            turns++;
            busy += inTurn;
            longest = Math.max(longest, inTurn);
        }
        if (turns == 0) {
            return Recent.NONE;
        }
        long time = Math.max(1, now - (origin + oldest * WINDOW_NANOS));
        return new Recent(
                Math.min(1, (double) busy / time),
                Math.min(longest, quantile(counts, turns, 0.5)),
                Math.min(longest, quantile(counts, turns, 0.99)),
                longest);
    }

    private static long quantile(long[] counts, long all, double part) {
        long rank = (long) Math.ceil(part * all);
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return bound(i);
            }
        }
        return bound(BUCKETS - 1);
    }

    /** Where a turn of so many nanoseconds is counted: a unit each below four of them, then four for each power of two. */
    private static int bucket(long nanos) {
        long units = nanos >>> UNIT_SHIFT;
        if (units < PARTS) {
            return (int) units;
        }
        int power = 63 - Long.numberOfLeadingZeros(units);
        int part = (int) (units >>> (power - PARTS_BITS)) & (PARTS - 1);
        return Math.min((power - 1) * PARTS + part, BUCKETS - 1);
    }

    /** What every turn of a bucket is shorter than, nanoseconds. */
    private static long bound(int bucket) {
        int next = bucket + 1;
        int power = next / PARTS + 1;
        long units = next < PARTS ? next : (long) (PARTS + next % PARTS) << (power - PARTS_BITS);
        return units << UNIT_SHIFT;
    }
}
