package dev.sluice.cli.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.bench.statistics.Spread;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResultsTest {
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
