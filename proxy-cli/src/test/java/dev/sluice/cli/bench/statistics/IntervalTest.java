package dev.sluice.cli.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class IntervalTest {
    private static Interval of(double... samples) {
        return Interval.of(samples).orElseThrow();
    }

    @Test
    void asTextbooksHaveIt() {
        Interval interval = of(10, 12, 14); // standard deviation 2
        assertEquals(12, interval.mean(), 1e-9);
        assertEquals(4.303 * 2 / Math.sqrt(3), interval.half(), 1e-9);
        assertEquals(interval.half() / 12, interval.precision(), 1e-9);
        assertEquals(0.1, new Interval(-5, 0.5).precision(), 1e-9);
    }

    @Test
    void moreSamplesThatScatterAlikeTellMore() {
        assertTrue(of(1, 2, 1, 2, 1, 2).half() < of(1, 2, 1, 2).half());
        assertTrue(of(1, 2, 1, 2).half() < of(1, 2).half());
    }

    @Test
    void oneTellsNothing() {
        assertEquals(Optional.empty(), Interval.of());
        assertEquals(Optional.empty(), Interval.of(5));
    }

    @Test
    void alikeAndAroundZero() {
        assertEquals(0, of(3, 3, 3).precision());
        assertEquals(0, of(0, 0).precision());
        assertEquals(Double.POSITIVE_INFINITY, of(-1, 1).precision());
    }

    @Test
    void beyondTheTable() {
        assertEquals(2.021, Interval.t(40), 0.001);
        assertEquals(1.984, Interval.t(100), 0.001);
        assertTrue(Interval.t(31) < Interval.t(30));
    }
}
