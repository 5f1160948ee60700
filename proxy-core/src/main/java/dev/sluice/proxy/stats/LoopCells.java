package dev.sluice.proxy.stats;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A few numbers for each loop: a loop writes its own row only, any thread may read all. Opaque access: a reader sees every number
 * move, but not two of them in step. Rows are two cache lines apart, so that loops do not slow each other down.
 */
public final class LoopCells {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int LINE = 16; // longs in two cache lines

    private final int loops;
    private final int stride;
    private final long[] cells;

    /**
     * All zero.
     *
     * @param loops rows
     * @param columns numbers of each loop
     */
    public LoopCells(int loops, int columns) {
        this.loops = loops;
        stride = columns + LINE;
        cells = new long[LINE + loops * stride];
    }

    /** Adds; on the thread of that loop only. */
    public void add(int loop, int column, long amount) {
        int i = LINE + loop * stride + column;
        CELL.setOpaque(cells, i, cells[i] + amount);
    }

    /** The numbers of one column, summed over all loops. */
    public long sum(int column) {
        long sum = 0;
        for (int loop = 0; loop < loops; loop++) {
            sum += get(loop, column);
        }
        return sum;
    }

    /** A number of one loop; from any thread. */
    public long get(int loop, int column) {
        return (long) CELL.getOpaque(cells, LINE + loop * stride + column);
    }
}
