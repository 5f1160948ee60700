package dev.sluice.proxy.stats;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The counters of one loop. Its thread alone adds; any thread may read. Opaque access: a reader sees every counter move, but
 * not two counters in step.
 */
@SuppressWarnings("EnumOrdinal") // the ordinal is a place in an array that never leaves this package
public final class LoopStats {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int LINE = 16; // longs: two cache lines before and after, so that loops do not share one

    private final long[] cells = new long[LINE + Counter.values().length + LINE];

    /** All zero. */
    public LoopStats() {}

    /** Adds; on the loop's thread only. */
    public void add(Counter counter, long amount) {
        int i = LINE + counter.ordinal();
        CELL.setOpaque(cells, i, cells[i] + amount);
    }

    /** Adds one; on the loop's thread only. */
    public void increment(Counter counter) {
        add(counter, 1);
    }

    public long get(Counter counter) {
        return (long) CELL.getOpaque(cells, LINE + counter.ordinal());
    }
}
