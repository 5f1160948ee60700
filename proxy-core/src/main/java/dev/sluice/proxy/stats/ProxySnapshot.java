package dev.sluice.proxy.stats;

/**
 * The counters of all loops, summed. Each is exact at some moment of the snapshot, not all at the same one.
 */
@SuppressWarnings("EnumOrdinal") // the ordinal is a place in an array that never leaves this package
public final class ProxySnapshot {
    private final long[] sums = new long[Counter.values().length];

    /** Sums the counters of these loops, from any thread. */
    public ProxySnapshot(Iterable<LoopStats> loops) {
        for (LoopStats loop : loops) {
            for (Counter counter : Counter.values()) {
                sums[counter.ordinal()] += loop.get(counter);
            }
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
