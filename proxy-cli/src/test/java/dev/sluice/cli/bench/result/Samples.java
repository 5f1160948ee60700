package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.load.Kind;
import java.util.Map;
import java.util.Optional;

/** Results for tests. */
public final class Samples {
    static final Case MIXED = new Case(Kind.MIXED, 16, 8, 256, 0);

    private Samples() {}

    static Case ping(int size) {
        return new Case(Kind.PING, 32, size, 0);
    }

    /** Some of everything: three sizes of pings, bulk, churn, one round of mixed; a peer whose name wants escaping. */
    public static Results some() {
        Results results = new Results();
        for (int round = 1; round <= 3; round++) {
            for (String row : new String[] {"direct", "copy", "splice", "pe,er \"<1>\""}) {
                for (int size : new int[] {1024, 4096, 65536}) {
                    double cost = row.equals("splice") == (size < 65536) ? 20 : 10;
                    results.add(
                            ping(size),
                            row,
                            new Sample(
                                    round,
                                    Map.of(
                                            Metric.OPERATIONS, 1000.0 * round,
                                            Metric.CPU_PER_OP, cost + round * 0.1,
                                            Metric.P50, 100.0,
                                            Metric.P90, 200.0,
                                            Metric.P99, 300.0,
                                            Metric.P999, 4000.0)));
                }
                results.add(
                        new Case(Kind.BULK_DOWN, 8, 0, 0),
                        row,
                        new Sample(
                                round,
                                Map.of(
                                        Metric.THROUGHPUT,
                                        1.5 + round,
                                        Metric.CPU_PER_GIB,
                                        0.25,
                                        Metric.GENERATOR_CPU,
                                        row.equals("splice") ? 0.97 : 0.6,
                                        Metric.PROXY_CPU,
                                        0.55)));
                results.add(
                        new Case(Kind.CHURN, 32, 0, 0),
                        row,
                        new Sample(round, Map.of(Metric.OPERATIONS, 5000.0, Metric.P50, 700.0)));
            }
        }
        for (String row : new String[] {"copy", "splice"}) {
            results.add(
                    MIXED,
                    row,
                    new Sample(
                            1,
                            Map.of(
                                    Metric.OPERATIONS, 20_000.0,
                                    Metric.P50, 350.0,
                                    Metric.P99, 1234.0,
                                    Metric.THROUGHPUT, 2.5,
                                    Metric.CPU_PER_GIB, 0.125)));
        }
        results.stopped(
                ping(1024),
                new Stop(
                        Stop.Reason.PRECISION,
                        3,
                        0.05,
                        Optional.of(new Precision("splice", Metric.CPU_PER_OP, true, 0.021))));
        results.note("a note with <angles>");
        return results;
    }

    public static Header header() {
        return new Header().with("cpu", "Some \"CPU\" <fast>").with("network", "loopback");
    }
}
