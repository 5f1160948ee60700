package dev.sluice.cli.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
}
