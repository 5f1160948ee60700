package dev.sluice.tests.testkit;

import java.util.Random;

/** The chance in the tests. A run says its seed, and {@code -Dsluice.seed=N} repeats it. */
public final class Chance {
    private static final long SEED = Long.getLong("sluice.seed", System.nanoTime());

    static {
        System.out.println("-Dsluice.seed=" + SEED);
    }

    private Chance() {}

    /**
     * A source of numbers of its own.
     *
     * @param whose tells it from others
     */
    public static Random of(String whose) {
        return new Random(SEED * 31 + whose.hashCode());
    }
}
