package dev.sluice.cli.bench.statistics;

import java.util.Arrays;
import java.util.Optional;

/**
 * The 95% confidence interval of a mean, by Student's t. To look after every sample whether it is
 * narrow enough, and to stop at the first that is, makes it a little less sure than that.
 *
 * @param mean of the samples
 * @param half of the interval's width: it is {@code mean ± half}
 */
public record Interval(double mean, double half) {
    /** Of t(0.975), for 1, 2, … degrees of freedom. */
    private static final double[] T = {
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
        2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042
    };

    private static final double NORMAL = 1.960;
    private static final double TAIL = 2.45; // t is about NORMAL + TAIL / degrees, to three digits beyond the table

    /** The interval of some samples; empty for fewer than two, which tell nothing of how far they scatter. */
    public static Optional<Interval> of(double... samples) {
        int count = samples.length;
        if (count < 2) {
            return Optional.empty();
        }
        double mean = Arrays.stream(samples).average().orElseThrow();
        double squares = Arrays.stream(samples)
                .map(sample -> (sample - mean) * (sample - mean))
                .sum();
        double deviation = Math.sqrt(squares / (count - 1));
        return Optional.of(new Interval(mean, t(count - 1) * deviation / Math.sqrt(count)));
    }

    static double t(int degrees) {
        return degrees <= T.length ? T[degrees - 1] : NORMAL + TAIL / degrees;
    }

    /** Half the width as a part of the mean, ≥ 0; infinite where the mean is 0 and the samples are not. */
    public double precision() {
        return half == 0 ? 0 : half / Math.abs(mean);
    }
}
