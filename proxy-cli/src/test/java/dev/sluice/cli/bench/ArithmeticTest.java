package dev.sluice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.load.Outcome;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Metric;
import dev.sluice.cli.bench.watch.Reading;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ArithmeticTest {
    private static final Case BULK = new Case(Kind.BULK_DOWN, 8, 0, 0);
    private static final Case PING = new Case(Kind.PING, 8, 64, 0);
    private static final Outcome OUTCOME =
            new Outcome(2_000_000_000, 4L << 30, 1000, 2, 1_000, 2_000, 3_000, 4_000, 5_000);
    private static final Reading USED = new Reading(
            1_000_000_000, 25, 75, Map.of(0L, 500L), 3_000_000_000L, 2_000_000_000, 800_000_000, 600_000_000);

    @Test
    void bulk() {
        Map<Metric, Double> figures = Arithmetic.figures(BULK, OUTCOME, USED, true, 2);
        assertEquals(2.0, figures.get(Metric.THROUGHPUT));
        assertEquals(0.25, figures.get(Metric.CPU_PER_GIB));
        assertEquals(0.0625, figures.get(Metric.CPU_USER_PER_GIB));
        assertEquals(0.1875, figures.get(Metric.CPU_SYSTEM_PER_GIB));
        assertEquals(0.75, figures.get(Metric.MACHINE_PER_GIB));
        assertEquals(250.0, figures.get(Metric.SWITCHES_PER_S));
        assertEquals(0.25, figures.get(Metric.STRANGERS), "one of two seconds of two cores");
        assertFalse(figures.containsKey(Metric.P50) || figures.containsKey(Metric.OPERATIONS));
    }

    @Test
    void requests() {
        Map<Metric, Double> figures = Arithmetic.figures(PING, OUTCOME, USED, true, 2);
        assertEquals(500.0, figures.get(Metric.OPERATIONS));
        assertEquals(1000.0, figures.get(Metric.CPU_PER_OP), "µs");
        assertEquals(0.5, figures.get(Metric.SWITCHES_PER_OP));
        assertEquals(1.0, figures.get(Metric.P50), "µs");
        assertEquals(4.0, figures.get(Metric.P999));
        assertEquals(2.0, figures.get(Metric.FAILURES));
    }

    @Test
    void ofMixedNothingIsChargedTwice() {
        Case mixed = new Case(Kind.MIXED, 8, 4, 64, 0);
        Map<Metric, Double> figures = Arithmetic.figures(mixed, OUTCOME, USED, true, 2);
        assertEquals(0.25, figures.get(Metric.CPU_PER_GIB));
        assertEquals(500.0, figures.get(Metric.OPERATIONS));
        assertEquals(3.0, figures.get(Metric.P99), "µs");
        assertFalse(
                figures.containsKey(Metric.CPU_PER_OP) || figures.containsKey(Metric.MACHINE_PER_OP),
                figures::toString);
        assertEquals(
                Set.of(Metric.CALLS_PER_MIB),
                Arithmetic.calls(mixed, OUTCOME, 5).keySet());
    }

    @Test
    void withoutAProxyThereIsNoneToTellOf() {
        Map<Metric, Double> figures = Arithmetic.figures(PING, OUTCOME, USED, false, 2);
        assertFalse(
                figures.containsKey(Metric.CPU_PER_OP) || figures.containsKey(Metric.CPU_PER_GIB), figures::toString);
        assertEquals(3000.0, figures.get(Metric.MACHINE_PER_OP));
    }

    @Test
    void nothingIsDividedByNothing() {
        Outcome none = new Outcome(1_000_000_000, 0, 0, 0, 0, 0, 0, 0, 0);
        for (double figure : Arithmetic.figures(PING, none, USED, true, 2).values()) {
            assertEquals(true, Double.isFinite(figure));
        }
        assertEquals(Map.of(), Arithmetic.calls(PING, none, 5));
        assertEquals(Map.of(), Arithmetic.calls(PING, OUTCOME, -1), "not counted");
    }

    @Test
    void whoWasBusy() {
        Map<Metric, Double> apart = Arithmetic.busy(OUTCOME, USED, true, false);
        assertEquals(0.4, apart.get(Metric.GENERATOR_CPU), "the client, of two seconds of its own CPU");
        assertEquals(0.5, apart.get(Metric.PROXY_CPU));
        Map<Metric, Double> shared = Arithmetic.busy(OUTCOME, USED, false, true);
        assertEquals(0.7, shared.get(Metric.GENERATOR_CPU), "both, of one");
        assertFalse(shared.containsKey(Metric.PROXY_CPU), "there is none, or none that is known");
        Outcome shorter = new Outcome(1_000_000_000, 1, 1, 0, 0, 0, 0, 0, 0);
        assertEquals(1.0, Arithmetic.busy(shorter, USED, true, true).get(Metric.GENERATOR_CPU), "no more than all");
    }

    @Test
    void systemCalls() {
        Map<Metric, Double> calls = Arithmetic.calls(PING, OUTCOME, 8192);
        assertEquals(2.0, calls.get(Metric.CALLS_PER_MIB));
        assertEquals(8.192, calls.get(Metric.CALLS_PER_OP));
        assertFalse(Arithmetic.calls(BULK, OUTCOME, 8192).containsKey(Metric.CALLS_PER_OP));
    }
}
