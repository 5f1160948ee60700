package dev.sluice.proxy.stats;

/** The counters of one loop. Its thread alone adds; any thread may read, as {@link LoopCells} says. */
@SuppressWarnings("EnumOrdinal") // the ordinal is a column that never leaves this class
public final class LoopStats {
    private final LoopCells cells = new LoopCells(1, Counter.values().length);

    /** All zero. */
    public LoopStats() {}

    /** Adds; on the loop's thread only. */
    public void add(Counter counter, long amount) {
        cells.add(0, counter.ordinal(), amount);
    }

    /** Adds one; on the loop's thread only. */
    public void increment(Counter counter) {
        add(counter, 1);
    }

    public long get(Counter counter) {
        return cells.get(0, counter.ordinal());
    }
}
