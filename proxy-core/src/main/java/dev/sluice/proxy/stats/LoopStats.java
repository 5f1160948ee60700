package dev.sluice.proxy.stats;

import org.jspecify.annotations.Nullable;

/** The counters of one loop. Its thread alone adds; any thread may read, as {@link LoopCells} says. */
@SuppressWarnings("EnumOrdinal") // the ordinal is a column that never leaves this class
public final class LoopStats {
    private final LoopCells cells = new LoopCells(1, Counter.values().length);

    private final @Nullable TurnTimes turnTimes;

    /** All zero. */
    public LoopStats() {
        this(null);
    }

    /**
     * All zero.
     *
     * @param turnTimes where turns are timed, null where they are not
     */
    public LoopStats(@Nullable TurnTimes turnTimes) {
        this.turnTimes = turnTimes;
    }

    /** Adds; on the loop's thread only. */
    public void add(Counter counter, long amount) {
        cells.add(0, counter.ordinal(), amount);
    }

    /** Adds one; on the loop's thread only. */
    public void increment(Counter counter) {
        add(counter, 1);
    }

    /** How long its turns take; null where nobody wants to know. */
    public @Nullable TurnTimes turnTimes() {
        return turnTimes;
    }

    public long get(Counter counter) {
        return cells.get(0, counter.ordinal());
    }
}
