package dev.sluice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Metric;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.Sample;
import dev.sluice.cli.bench.result.Stop;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

/** When rounds are enough, on samples that are known. */
class StopRuleTest {
    private static final Case PING = new Case(Kind.PING, 32, 128, 0);

    private final Results results = new Results();

    private static double narrow(int round) {
        return 0.80 + 0.005 * (round % 3);
    }

    private static double noisy(int round) {
        return round % 2 == 0 ? 1.2 : 0.6;
    }

    /** Adds rounds until the rule says stop; a machine that gets slower with each round troubles no ratio. */
    private Stop run(StopRule rule, boolean time, IntToDoubleFunction ratio) {
        for (int round = 1; ; round++) {
            assertTrue(round <= rule.most(), "beyond the limit");
            double copy = 10 * round;
            results.add(PING, "direct", new Sample(round, Map.of(Metric.OPERATIONS, 1000.0 * round)));
            results.add(PING, "copy", new Sample(round, Map.of(Metric.CPU_PER_OP, copy)));
            results.add(
                    PING, "splice", new Sample(round, Map.of(Metric.CPU_PER_OP, copy * ratio.applyAsDouble(round))));
            Optional<Stop> stop = rule.after(round, results, PING, time);
            if (stop.isPresent()) {
                assertEquals(round, stop.get().rounds());
                return stop.get();
            }
        }
    }

    @Test
    void whatIsNarrowStopsEarly() {
        Stop stop = run(new StopRule(3, 100, 0.05), true, StopRuleTest::narrow);
        assertEquals(Stop.Reason.PRECISION, stop.reason());
        assertEquals(3, stop.rounds());
        assertTrue(
                stop.text()
                        .matches("stopped after 3 rounds: CPU µs of splice as a part of copy's is known to ±1\\.5% or"
                                + " better \\(95% confidence, wanted: ±5\\.0%\\)"),
                stop::text);
    }

    @Test
    void whatIsNoisyRunsToTheLimit() {
        Stop stop = run(new StopRule(3, 12, 0.05), true, StopRuleTest::noisy);
        assertEquals(Stop.Reason.MAX_ROUNDS, stop.reason());
        assertEquals(12, stop.rounds());
        assertTrue(stop.reached().orElseThrow().part() > 0.05, stop::text);
        assertTrue(stop.text().startsWith("stopped after 12 rounds, --max-rounds: CPU µs of splice"), stop::text);
    }

    @Test
    void whatSettlesStopsInBetween() {
        Stop stop = run(new StopRule(3, 100, 0.05), true, round -> round <= 2 ? noisy(round) : 0.9);
        assertEquals(Stop.Reason.PRECISION, stop.reason());
        assertTrue(stop.rounds() > 5 && stop.rounds() < 100, stop::text);
    }

    @Test
    void withoutTimeThereIsNoMoreThanTheLeast() {
        Stop stop = run(new StopRule(4, 100, 0.05), false, StopRuleTest::noisy);
        assertEquals(Stop.Reason.MAX_TIME, stop.reason());
        assertEquals(4, stop.rounds());
        assertTrue(stop.text().contains("--max-time"), stop::text);
    }

    @Test
    void asManyAsWereAskedFor() {
        Stop stop = run(StopRule.fixed(5), true, StopRuleTest::narrow);
        assertEquals(Stop.Reason.ROUNDS, stop.reason());
        assertEquals(5, stop.rounds());
        assertTrue(stop.text().startsWith("5 rounds: CPU µs of splice"), stop::text);
        assertFalse(stop.text().contains("wanted"), stop::text);
    }

    @Test
    void oneRoundTellsNothingOfItsPrecision() {
        assertEquals(
                "1 round", run(StopRule.fixed(1), true, StopRuleTest::narrow).text());
    }

    @Test
    void theRowThatIsKnownLeastDecides() {
        for (int round = 1; round <= 3; round++) {
            results.add(PING, "auto", new Sample(round, Map.of(Metric.CPU_PER_OP, 10 * round * noisy(round))));
        }
        Stop stop = run(new StopRule(3, 3, 0.05), true, StopRuleTest::narrow);
        assertEquals(Stop.Reason.MAX_ROUNDS, stop.reason());
        assertEquals("auto", stop.reached().orElseThrow().row());
    }

    @Test
    void withoutCopyItIsTheRowItself() {
        for (int round = 1; round <= 3; round++) {
            results.add(
                    PING, "splice", new Sample(round, Map.of(Metric.CPU_PER_OP, 5.0, Metric.OPERATIONS, 1.0 * round)));
        }
        Stop stop = new StopRule(3, 9, 0.05).after(3, results, PING, true).orElseThrow();
        assertEquals(Stop.Reason.PRECISION, stop.reason());
        assertEquals(Metric.CPU_PER_OP, stop.reached().orElseThrow().metric());
        assertFalse(stop.reached().orElseThrow().paired());
    }

    @Test
    void withoutAProxyItIsTheThroughput() {
        for (int round = 1; round <= 3; round++) {
            results.add(PING, "direct", new Sample(round, Map.of(Metric.OPERATIONS, 1000.0 * round)));
        }
        StopRule rule = new StopRule(3, 9, 0.05);
        assertEquals(Optional.empty(), rule.after(3, results, PING, true));
        Stop stop = rule.after(9, results, PING, true).orElseThrow();
        assertEquals(Metric.OPERATIONS, stop.reached().orElseThrow().metric());
    }

    @Test
    void withoutAnyFigureThereIsNothingToWaitFor() {
        Stop stop = new StopRule(3, 9, 0.05).after(3, results, PING, true).orElseThrow();
        assertEquals("3 rounds", stop.text());
    }

    @Command
    private static final class Holder {
        @Mixin
        private final BenchOptions options = new BenchOptions();
    }

    private static StopRule of(String... args) {
        Holder holder = new Holder();
        new CommandLine(holder).parseArgs(args);
        return StopRule.of(holder.options);
    }

    @Test
    void whatOptionsMean() {
        assertEquals(new StopRule(3, 6, 0.05), of());
        assertEquals(StopRule.fixed(7), of("--rounds", "7"), "as many as that, as ever");
        assertEquals(new StopRule(3, 30, 0.03), of("--precision", "3%"));
        assertEquals(new StopRule(5, 50, 0.005), of("--precision", "0.5", "--rounds", "5"));
        assertEquals(new StopRule(2, 9, 0.05), of("--rounds", "2", "--max-rounds", "9"));
        assertEquals(new StopRule(200, 1000, 0.05), of("--rounds", "200", "--precision", "5%"));
        assertEquals("3 to 6 of 2s, until known to ±5%", of().text(Duration.ofSeconds(2)));
        assertEquals("7 of 500ms", of("--rounds", "7").text(Duration.ofMillis(500)));
        assertThrows(IllegalArgumentException.class, () -> of("--max-rounds", "2"));
        for (String wrong : new String[] {"x", "", "-1", "60%", "0", "1%%", "0.05%", "NaN", "1e1"}) {
            assertThrows(ParameterException.class, () -> of("--precision", wrong), wrong);
        }
    }
}
