package dev.sluice.cli.bench.statistics;

import java.util.Arrays;

/**
 * A figure over all rounds.
 *
 * @param min the least
 * @param median of an even number, the mean of the middle two
 * @param max the most
 */
public record Spread(double min, double median, double max) {

    /** The spread of some figures, one at least. */
    public static Spread of(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Spread(sorted[0], median, sorted[sorted.length - 1]);
    }

    /** How far the rounds lie apart, as a part of the median: 0 for none, 1 for as much as the figure itself. */
    public double width() {
        return median == 0 ? 0 : (max - min) / Math.abs(median);
    }

    /** Whether rounds lie on both sides of a value, or on it. */
    public boolean straddles(double value) {
        return min <= value && value <= max;
    }
}
