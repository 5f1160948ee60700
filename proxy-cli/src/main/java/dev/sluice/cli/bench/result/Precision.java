package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.statistics.Interval;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * How exactly the rounds so far tell what a case is measured for: by the row of which they tell it least.
 *
 * @param row that one
 * @param metric the figure
 * @param paired whether it is the ratio to copy, round by round, or, where there is none, the figure itself
 * @param part half the 95% confidence interval, as a part of the mean; infinite while there are fewer than two rounds
 */
public record Precision(String row, Metric metric, boolean paired, double part) {

    /** What the case's results tell: of its cost by ratio, else of its cost, else of its throughput; empty without any. */
    public static Optional<Precision> of(Results results, Case measured) {
        Metric cost = Noise.cost(measured);
        Optional<Precision> paired =
                worst(results, measured, cost, true, row -> results.ratios(measured, row, Results.BASE, cost));
        Metric speed = measured.operation().isEmpty() ? Metric.THROUGHPUT : Metric.OPERATIONS;
        return paired.or(() -> worst(results, measured, cost, false, row -> results.values(measured, row, cost)))
                .or(() -> worst(results, measured, speed, false, row -> results.values(measured, row, speed)));
    }

    private static Optional<Precision> worst(
            Results results, Case measured, Metric metric, boolean paired, Function<String, double[]> samples) {
        return results.rows(measured).stream()
                .filter(row -> !paired || !row.equals(Results.BASE))
                .filter(row -> samples.apply(row).length > 0)
                .map(row -> new Precision(
                        row,
                        metric,
                        paired,
                        Interval.of(samples.apply(row)).map(Interval::precision).orElse(Double.POSITIVE_INFINITY)))
                .max(Comparator.comparingDouble(Precision::part));
    }

    /** {@code ±2.1%}. */
    static String percent(double part) {
        return String.format(Locale.ROOT, "±%.1f%%", part * 100);
    }

    /** {@code CPU µs of splice as a part of copy's}, or without the comparison. */
    String subject() {
        return metric.label() + " of " + row + (paired ? " as a part of " + Results.BASE + "'s" : "");
    }
}
