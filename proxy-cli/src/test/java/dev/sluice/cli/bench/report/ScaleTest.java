package dev.sluice.cli.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScaleTest {
    @Test
    void linearEndsAtARoundNumber() {
        Scale scale = Scale.linear(5.3, 100, 0);
        assertEquals(List.of(0.0, 2.0, 4.0, 6.0), scale.ticks());
        assertEquals(100, scale.pixel(0));
        assertEquals(0, scale.pixel(6), 1e-9);
        assertEquals(
                List.of(0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0),
                Scale.linear(0, 0, 1).ticks());
    }

    @Test
    void logarithmicHasOneTwoFive() {
        Scale scale = Scale.logarithmic(3, 45, 0, 100);
        assertEquals(List.of(5.0, 10.0, 20.0, 50.0), scale.ticks());
        assertTrue(scale.pixel(3) > 0 && scale.pixel(45) < 100);
        assertEquals(
                List.of(1.0, 10.0, 100.0, 1000.0, 10000.0),
                Scale.logarithmic(1, 10_000, 0, 1).ticks());
        assertEquals(List.of(20.0, 30.0, 40.0), Scale.logarithmic(20, 40, 0, 1).ticks(), "finer");
        assertTrue(Scale.logarithmic(7, 7, 0, 100).pixel(7) > 0, "one figure alone");
    }
}
