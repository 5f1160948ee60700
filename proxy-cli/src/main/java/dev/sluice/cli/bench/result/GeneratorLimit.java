package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.statistics.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether what makes the load, and not what was measured, was the limit of a case's throughput: its CPU busy while the proxy's is
 * not. What a byte or a request costs holds all the same; how many there were tells of the generator.
 *
 * @param busiest the part of its CPU that the generator used, 0 … 1, with the row that it used most for
 * @param busiestRow that row
 * @param limited the rows that it was the limit of
 */
public record GeneratorLimit(double busiest, String busiestRow, List<Limited> limited) {
    private static final double BUSY = 0.90;

    /**
     * A row whose throughput is the generator's.
     *
     * @param generator the part of its CPU that the generator used, 0 … 1
     * @param proxy the part of one CPU that the proxy used; empty where there is no proxy, or none that is known
     */
    public record Limited(String row, double generator, Optional<Double> proxy) {
        private String text() {
            return row + " (" + percent(generator) + " of its CPU"
                    + proxy.map(part -> ", the proxy " + percent(part)).orElse("") + ")";
        }
    }

    /** What the medians of a case tell; empty where the generator's CPU was not measured. */
    public static Optional<GeneratorLimit> of(Results results, Case measured) {
        double busiest = -1;
        String busiestRow = "";
        List<Limited> limited = new ArrayList<>();
        for (String row : results.rows(measured)) {
            double generator = results.spread(measured, row, Metric.GENERATOR_CPU)
                    .map(Spread::median)
                    .orElse(-1.0);
            if (generator > busiest) {
                busiest = generator;
                busiestRow = row;
            }
            Optional<Double> proxy =
                    results.spread(measured, row, Metric.PROXY_CPU).map(Spread::median);
            if (generator >= BUSY && proxy.orElse(0.0) < BUSY) {
                limited.add(new Limited(row, generator, proxy));
            }
        }
        return busiest < 0 ? Optional.empty() : Optional.of(new GeneratorLimit(busiest, busiestRow, limited));
    }

    /** One line for a person. */
    public String text() {
        if (limited.isEmpty()) {
            return "generator: not the limit (at most " + percent(busiest) + " of its CPU, with " + busiestRow + ")";
        }
        return "generator: the limit of "
                + String.join(", ", limited.stream().map(Limited::text).toList())
                + "; the throughput there is its own, the CPU per byte and request is not";
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.0f%%", part * 100);
    }
}
