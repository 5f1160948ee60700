package dev.sluice.cli.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.bench.result.Crossover.Point;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CrossoverTest {
    private static final int K = 1024;

    private static Point point(int size, double copy, double splice) {
        return new Point(size, copy, splice, Double.NaN);
    }

    @Test
    void betweenTheLastThatCopyWinsAndTheFirstThatSpliceDoes() {
        Crossover crossover = Crossover.of(
                List.of(point(K, 10, 12), point(8 * K, 10, 11), point(16 * K, 10, 9), point(64 * K, 20, 10)));
        assertEquals(8 * K, crossover.above());
        assertEquals(16 * K, crossover.below());
        // The ratios are as far above 1 as below: half way, by the logarithm.
        assertEquals(8 * K * Math.sqrt(2), crossover.estimate(), 1);
        assertEquals(
                "Splice takes less CPU than copy from between 8 KiB and 16 KiB on (interpolated: 11 KiB).",
                crossover.verdict());
        assertTrue(crossover.advice().contains("splice where most requests are of 16 KiB or more"), crossover.advice());
    }

    @Test
    void aWinBelowALossDoesNotCount() {
        Crossover crossover = Crossover.of(List.of(point(K, 10, 9), point(2 * K, 10, 11), point(4 * K, 10, 9)));
        assertEquals(2 * K, crossover.above());
        assertEquals(4 * K, crossover.below());
    }

    @Test
    void oneWinsThroughout() {
        Crossover splice = Crossover.of(List.of(point(K, 10, 9), point(2 * K, 10, 8)));
        assertEquals(0, splice.above());
        assertEquals(0, splice.estimate());
        assertTrue(splice.advice().startsWith("--relay splice"), splice.advice());
        assertTrue(splice.verdict().contains("every size from 1 KiB to 2 KiB"), splice.verdict());
        Crossover copy = Crossover.of(List.of(point(K, 10, 10), point(2 * K, 10, 10.5)));
        assertEquals(0, copy.below());
        assertTrue(copy.advice().startsWith("--relay copy"), copy.advice());
    }

    @Test
    void nothingIsInterpolatedBetweenSizesFarApart() {
        Crossover crossover = Crossover.of(List.of(point(64, 10, 12), point(64 * K, 20, 10)));
        assertEquals(0, crossover.estimate());
        assertTrue(crossover.verdict().contains("--sweep"), crossover.verdict());
    }

    @Test
    void autoIsRecommendedWhenItIsAsGoodAsTheBetterOneEverywhere() {
        List<Point> good = List.of(new Point(K, 10, 12, 10.4), new Point(16 * K, 12, 10, 10.5));
        assertTrue(Crossover.of(good).advice().startsWith("--relay auto"));
        List<Point> bad = List.of(new Point(K, 10, 12, 10.6), new Point(16 * K, 12, 10, 10));
        assertTrue(Crossover.of(bad).advice().startsWith("--relay splice where"));
    }

    @Test
    void ofResultsWithBothAtTwoSizes() {
        assertEquals(4096, Crossover.of(Samples.some()).orElseThrow().above());
        Results one = new Results();
        one.add(Samples.ping(64), "copy", new Sample(1, Map.of(Metric.CPU_PER_OP, 1.0)));
        one.add(Samples.ping(64), "splice", new Sample(1, Map.of(Metric.CPU_PER_OP, 1.0)));
        one.add(Samples.ping(128), "copy", new Sample(1, Map.of(Metric.CPU_PER_OP, 1.0)));
        assertTrue(Crossover.of(one).isEmpty());
    }
}
