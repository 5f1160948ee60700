package dev.sluice.cli.bench.load;

/**
 * What a client saw while it counted.
 *
 * @param nanos how long that was
 * @param bytes of payload, both directions; of the streams only, of MIXED
 * @param operations requests answered, or connections made and answered; sessions open, of IDLE
 * @param failures connections that failed, of CHURN
 * @param p50 median latency in nanoseconds; 0 where there is none, as of the others
 * @param p90 of 100
 * @param p99 of 100
 * @param p999 of 1000: 99.9
 * @param max the longest
 */
public record Outcome(
        long nanos, long bytes, long operations, long failures, long p50, long p90, long p99, long p999, long max) {

    /** One line, which {@link #parse} reads back. */
    @Override
    public String toString() {
        return "nanos=" + nanos + " bytes=" + bytes + " operations=" + operations + " failures=" + failures + " p50="
                + p50 + " p90=" + p90 + " p99=" + p99 + " p999=" + p999 + " max=" + max;
    }

    /**
     * Reads the line back.
     *
     * @throws IllegalArgumentException when it is no outcome
     */
    public static Outcome parse(String line) {
        Words words = new Words(line);
        return new Outcome(
                words.number("nanos"),
                words.number("bytes"),
                words.number("operations"),
                words.number("failures"),
                words.number("p50"),
                words.number("p90"),
                words.number("p99"),
                words.number("p999"),
                words.number("max"));
    }
}
