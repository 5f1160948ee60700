package dev.sluice.proxy.testkit;

import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/** Random tests that can be run again: {@code -Dsluice.seed=…} repeats the one whose seed a failure names. */
public final class Seeds {
    private static final String PROPERTY = "sluice.seed";

    private Seeds() {}

    /** Runs with so many seeds, or as often with the one that was asked for. */
    public static void each(int rounds, LongConsumer test) {
        Long asked = Long.getLong(PROPERTY);
        SplittableRandom seeds = new SplittableRandom();
        for (int i = 0; i < rounds; i++) {
            long seed = asked == null ? seeds.nextLong() : asked;
            try {
                test.accept(seed);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("with -D" + PROPERTY + "=" + seed + ": " + e.getMessage(), e);
            }
        }
    }
}
