package dev.sluice.proxy.upstream;

/**
 * Smooth weighted round-robin without a memory: who has turn 0, 1, 2, … W − 1 of a cycle, where W is the sum of the weights, each as
 * often as its weight says and as evenly as it goes.
 *
 * <p>A member of weight w has its turns at the times (k + φ)/w of a cycle that lasts from 0 to 1; φ is another for each member, so that
 * those of few turns do not come all at once. Turn p is the p-th of all these times. How many of them lie before a time can be counted
 * without a list of them, so the p-th is found by bisection. Times are integers, fine enough that only those of one turn's length or
 * nearer fall together, which are then in the order of the members: a cycle is exact all the same.
 */
final class Rotation {
    private static final int FINER = 4; // bits of a time below the length of a turn

    private final long[] weights;
    private final long total;
    /** Binary digits of the length of a cycle. */
    private final int bits;
    /** What rounds a member's count according to its φ. */
    private final long[] offsets;

    /**
     * @param weights each > 0 and below 2^23
     * @param total their sum, below 2^35
     */
    Rotation(long[] weights, long total) {
        this.weights = weights;
        this.total = total;
        this.bits = Long.SIZE - Long.numberOfLeadingZeros(total) + FINER;
        this.offsets = new long[weights.length];
        long cycle = 1L << bits;
        int members = weights.length;
        for (int i = 0; i < members; i++) {
            offsets[i] = cycle - (2L * i + 1) * cycle / (2L * members);
        }
    }

    /**
     * Whose turn it is.
     *
     * @param turn 0 … W − 1
     */
    int at(long turn) {
        long low = 0; // no more than `turn` turns lie at or before it
        long high = 1L << bits; // more do
        // The count is off by at most half a turn for each member from what the weights alone would say.
        double length = (double) high / total;
        long from = (long) ((turn - weights.length) * length);
        if (from > low && until(from) <= turn) {
            low = from;
        }
        long to = (long) ((turn + 1 + weights.length) * length) + 1;
        if (to < high && until(to) > turn) {
            high = to;
        }
        while (high - low > 1) {
            long middle = (low + high) >>> 1;
            if (until(middle) > turn) {
                high = middle;
            } else {
                low = middle;
            }
        }
        long left = turn - until(low);
        for (int i = 0; i < weights.length; i++) {
            left -= until(i, high) - until(i, low);
            if (left < 0) {
                return i;
            }
        }
        throw new AssertionError("turn " + turn + " of " + total);
    }

    /** How many turns lie at or before a time. */
    private long until(long time) {
        long sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += until(i, time);
        }
        return sum;
    }

    private long until(int member, long time) {
        return (weights[member] * time + offsets[member]) >> bits;
    }
}
