package dev.sluice.cli.bench.load;

import org.HdrHistogram.Histogram;

/** Latencies in nanoseconds, to three digits. Recording allocates nothing. */
final class Latency {
    private static final long LONGEST = 3_600_000_000_000L;
    private static final int DIGITS = 3;

    private final Histogram histogram = new Histogram(LONGEST, DIGITS);

    void clear() {
        histogram.reset();
    }

    void record(long nanos) {
        histogram.recordValue(Math.min(Math.max(nanos, 1), LONGEST));
    }

    /** 0 when nothing was recorded. */
    long percentile(double percent) {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percent);
    }
}
