package dev.sluice.cli.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void leastMedianMost() {
        assertEquals(new Spread(1, 3, 9), Spread.of(9, 1, 3));
        assertEquals(new Spread(1, 2.5, 4), Spread.of(4, 3, 2, 1));
        assertEquals(new Spread(7, 7, 7), Spread.of(7));
    }

    @Test
    void widthIsAPartOfTheMedian() {
        assertEquals(0.5, Spread.of(80, 100, 130).width(), 1e-9);
        assertEquals(0, Spread.of(5).width());
        assertEquals(0, Spread.of(0, 0).width(), "nothing to divide by");
    }

    @Test
    void straddles() {
        assertTrue(Spread.of(0.9, 1.1).straddles(1));
        assertTrue(Spread.of(1, 1.1).straddles(1));
        assertFalse(Spread.of(1.01, 1.1).straddles(1));
        assertFalse(Spread.of(0.8, 0.99).straddles(1));
    }

    @Test
    void ratiosAreOfTheSameRound() {
        Results results = new Results();
        Case ping = Samples.ping(1);
        for (int round = 1; round <= 3; round++) { // each round twice as slow as the one before, for both
            results.add(ping, "copy", new Sample(round, Map.of(Metric.CPU_PER_OP, Math.pow(2, round))));
            results.add(ping, "splice", new Sample(round, Map.of(Metric.CPU_PER_OP, Math.pow(2, round) * 0.75)));
        }
        results.add(ping, "splice", new Sample(4, Map.of(Metric.CPU_PER_OP, 99.0)));
        assertEquals(
                new Spread(0.75, 0.75, 0.75),
                results.ratio(ping, "splice", "copy", Metric.CPU_PER_OP).orElseThrow());
        assertTrue(results.ratio(ping, "direct", "copy", Metric.CPU_PER_OP).isEmpty());
    }
}
