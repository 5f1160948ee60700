package dev.sluice.proxy.stats;

/**
 * The counters of all loops, summed; bytes are counted for each listener. Each is exact at some moment of the snapshot, not all at the same one.
 */
@SuppressWarnings("EnumOrdinal") // the ordinal is a place in an array that never leaves this package
public final class ProxySnapshot {
    private final long[] sums = new long[Counter.values().length];

    /** Sums the counters of these loops and the bytes of these listeners, from any thread. */
    public ProxySnapshot(Iterable<LoopStats> loops, Iterable<ListenerStats> listeners) {
        for (LoopStats loop : loops) {
            for (Counter counter : Counter.values()) {
                sums[counter.ordinal()] += loop.get(counter);
            }
        }
        for (ListenerStats listener : listeners) {
            sums[Counter.BYTES_UP.ordinal()] += listener.up(true) + listener.up(false);
            sums[Counter.BYTES_DOWN.ordinal()] += listener.down(true) + listener.down(false);
            sums[Counter.BYTES_SPLICED.ordinal()] += listener.up(true) + listener.down(true);
        }
    }

    public long get(Counter counter) {
        return sums[counter.ordinal()];
    }

    /** All counters, for a person who debugs. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Counter counter : Counter.values()) {
            text.append(text.isEmpty() ? "" : " ")
                    .append(counter.key())
                    .append('=')
                    .append(get(counter));
        }
        return text.toString();
    }
}
