package dev.sluice.cli.demo;

import dev.sluice.cli.progress.Progress;
import java.io.IOException;
import java.time.Duration;

/** Traffic on one way to the origin, and what came of it. */
final class Trial {
    /** Bytes whose hash is compared, in each direction. */
    static final long CHECKED_BYTES = 32L << 20;

    private static final Duration WARM_UP = Duration.ofMillis(500);
    private static final int REQUESTS = 2_000;
    private static final Duration HASHING = Duration.ofMillis(500); // about
    private static final Duration SMALL = Duration.ofMillis(500); // about

    private Trial() {}

    /**
     * What one way showed.
     *
     * @param agrees whether all that was hashed arrived as it was sent
     * @param bytesPerSecond of all streams together
     * @param loopSecondsPerGib CPU time of the proxy's loop; NaN where there is no proxy or no account of it
     * @param medianNanos of a small request, when nothing else goes on
     */
    record Result(String way, boolean agrees, double bytesPerSecond, double loopSecondsPerGib, long medianNanos) {}

    /** How long one way takes, about. */
    static Duration estimate(Duration length) {
        return HASHING.plus(SMALL).plus(WARM_UP).plus(length);
    }

    /** Runs it all on one way. */
    static Result run(Way way, int streams, Duration length, Progress progress)
            throws IOException, InterruptedException {
        progress.step(way.name() + ": hashing " + (CHECKED_BYTES >> 20) + " MiB each way", HASHING);
        boolean agrees;
        long median;
        try (OriginConnection connection = new OriginConnection(way.port())) {
            agrees = connection.uploads(CHECKED_BYTES) && connection.downloads(CHECKED_BYTES);
            progress.step(way.name() + ": small requests", SMALL);
            median = connection.medianLatency(REQUESTS);
        }
        progress.step(way.name() + ": throughput of " + streams + " streams", WARM_UP.plus(length));
        try (Bulk bulk = new Bulk(way.port(), streams)) {
            Thread.sleep(WARM_UP.toMillis());
            long start = System.nanoTime();
            long before = bulk.received();
            long loopBefore = LoopTime.nanos();
            Thread.sleep(length.toMillis());
            long loopNanos = LoopTime.nanos() - loopBefore;
            double bytes = bulk.received() - before;
            double seconds = (System.nanoTime() - start) / 1e9;
            boolean counted = way.hasProxy() && loopBefore >= 0 && bytes > 0;
            double perGib = counted ? loopNanos / 1e9 / (bytes / (1 << 30)) : Double.NaN;
            return new Result(way.name(), agrees, bytes / seconds, perGib, median);
        }
    }
}
