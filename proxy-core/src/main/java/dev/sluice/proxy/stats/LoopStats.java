package dev.sluice.proxy.stats;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The counters of one loop. Its thread alone adds; any thread may read. Opaque access: a reader sees every counter move, but
 * not two counters in step.
 */
@SuppressWarnings("EnumOrdinal") // the ordinal is a place in an array that never leaves this class
public final class LoopStats {
    /** What is counted. */
    public enum Counter {
        ACCEPTED,
        ACTIVE,
        BYTES_UP,
        BYTES_DOWN,
        CONNECT_FAILURES,
        ACCEPT_PAUSES,
        PIPE_FALLBACKS,
        PROMOTIONS,
        DEMOTIONS,
        COALESCED,
        PIPES_OPEN,
        TURNS,
        SLEEPS
    }

    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int LINE = 16; // longs: two cache lines before and after, so that loops do not share one

    private final long[] cells = new long[LINE + Counter.values().length + LINE];

    /** All at nought. */
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

    /** Sums the counters of several loops. */
    public static ProxySnapshot sum(Iterable<LoopStats> loops) {
        long[] sum = new long[Counter.values().length];
        for (LoopStats loop : loops) {
            for (Counter c : Counter.values()) {
                sum[c.ordinal()] += loop.get(c);
            }
        }
        return new ProxySnapshot(
                sum[0], sum[1], sum[2], sum[3], sum[4], sum[5], sum[6], sum[7], sum[8], sum[9], sum[10], sum[11],
                sum[12]);
    }
}
