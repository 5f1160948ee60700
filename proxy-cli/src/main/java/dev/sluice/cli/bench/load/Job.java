package dev.sluice.cli.bench.load;

/**
 * One measurement, as the client is told to make it.
 *
 * @param kind of traffic
 * @param to literal address, as {@link dev.sluice.linux.Address#parse} reads it
 * @param connections at once, ≥ 1
 * @param streams beside them; MIXED only, else 0
 * @param size bytes of a request and of its answer; PING and MIXED only
 * @param rate requests per second of all connections together, sent at their time whether answers have come or not; 0 = each
 *     connection sends its next request when the answer is there. PING and MIXED only
 * @param rampMillis before counting begins
 * @param windowMillis for which it counts
 */
public record Job(
        Kind kind, String to, int connections, int streams, int size, long rate, long rampMillis, long windowMillis) {

    /** One line, which {@link #parse} reads back. */
    @Override
    public String toString() {
        return "kind=" + kind.name() + " to=" + to + " connections=" + connections + " streams=" + streams + " size="
                + size + " rate=" + rate + " ramp=" + rampMillis + " window=" + windowMillis;
    }

    /**
     * Reads the line back.
     *
     * @throws IllegalArgumentException when it is no job
     */
    public static Job parse(String line) {
        Words words = new Words(line);
        return new Job(
                Kind.valueOf(words.text("kind")),
                words.text("to"),
                (int) words.number("connections"),
                (int) words.number("streams"),
                (int) words.number("size"),
                words.number("rate"),
                words.number("ramp"),
                words.number("window"));
    }
}
