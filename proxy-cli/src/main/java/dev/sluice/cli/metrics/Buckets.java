package dev.sluice.cli.metrics;

import io.dropwizard.metrics5.Metric;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** How long something took, counted by upper bounds: what Prometheus calls a histogram. From any thread, without allocating. */
final class Buckets implements Metric {
    private final double[] bounds;
    private final long[] boundMicros;
    private final LongAdder[] counts;
    private final LongAdder micros = new LongAdder();

    /**
     * @param bounds in seconds, ascending
     */
    Buckets(double... bounds) {
        this.bounds = bounds.clone();
        this.boundMicros = new long[bounds.length];
        this.counts = new LongAdder[bounds.length + 1];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
        for (int i = 0; i < bounds.length; i++) {
            boundMicros[i] = Math.round(bounds[i] * TimeUnit.SECONDS.toMicros(1));
        }
    }

    void add(long took) {
        int i = 0;
        while (i < boundMicros.length && took > boundMicros[i]) {
            i++;
        }
        counts[i].increment();
        micros.add(took);
    }

    /** The bounds, and infinity. */
    double[] bounds() {
        double[] all = Arrays.copyOf(bounds, bounds.length + 1);
        all[bounds.length] = Double.POSITIVE_INFINITY;
        return all;
    }

    /** Of each of them, what is above the one before. */
    long[] counts() {
        long[] now = new long[counts.length];
        for (int i = 0; i < now.length; i++) {
            now[i] = counts[i].sum();
        }
        return now;
    }

    /** How many there are in all. */
    long count() {
        return Arrays.stream(counts()).sum();
    }

    double sumSeconds() {
        return micros.sum() / 1e6;
    }

    /** All of it as lists and numbers. */
    Map<String, Object> plain() {
        long[] now = counts();
        return Map.of(
                "count", Arrays.stream(now).sum(),
                "seconds", sumSeconds(),
                "bounds", Arrays.stream(bounds).boxed().toList(),
                "counts", Arrays.stream(now).boxed().toList());
    }
}
