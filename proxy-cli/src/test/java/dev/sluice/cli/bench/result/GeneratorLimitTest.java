package dev.sluice.cli.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.cli.bench.load.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GeneratorLimitTest {
    private static final Case BULK = new Case(Kind.BULK_DOWN, 8, 0, 0);
    private static final double NO_PROXY = -1;

    private final Results results = new Results();
    private int round;

    private void row(String name, double generator, double proxy) {
        Map<Metric, Double> figures = new HashMap<>(Map.of(Metric.GENERATOR_CPU, generator));
        if (proxy >= 0) {
            figures.put(Metric.PROXY_CPU, proxy);
        }
        results.add(BULK, name, new Sample(++round, figures));
    }

    private String text() {
        return GeneratorLimit.of(results, BULK).orElseThrow().text();
    }

    @Test
    void itWasNot() {
        row("direct", 0.3, NO_PROXY);
        row("copy", 0.62, 1.0);
        row("splice", 0.61, 0.89);
        assertEquals("generator: not the limit (at most 62% of its CPU, with copy)", text());
    }

    @Test
    void itWasWhereTheProxyHadTimeLeft() {
        row("direct", 1.0, NO_PROXY);
        row("copy", 0.7, 1.0);
        row("splice", 0.97, 0.55);
        assertEquals(
                "generator: the limit of direct (100% of its CPU), splice (97% of its CPU, the proxy 55%); the throughput"
                        + " there is its own, the CPU per byte and request is not",
                text());
    }

    @Test
    void whereBothAreBusyNeitherIsTheOnlyLimit() {
        row("copy", 0.95, 0.97);
        row("nginx", 0.95, 3.2); // of several threads
        assertEquals(List.of(), GeneratorLimit.of(results, BULK).orElseThrow().limited());
    }

    @Test
    void oneRoundOfManyDoesNotDecide() {
        row("splice", 0.99, 0.5);
        row("splice", 0.5, 0.5);
        row("splice", 0.6, 0.5);
        assertEquals("generator: not the limit (at most 60% of its CPU, with splice)", text());
    }

    @Test
    void whereNothingWasMeasuredNothingIsSaid() {
        results.add(BULK, "copy", new Sample(1, Map.of(Metric.THROUGHPUT, 1.0)));
        assertEquals(Optional.empty(), GeneratorLimit.of(results, BULK));
    }
}
