package dev.sluice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Metric;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.Sample;
import dev.sluice.cli.bench.result.Stop;
import dev.sluice.cli.progress.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundLoopTest {
    private static final Case QUIET = new Case(Kind.PING, 32, 128, 0);
    private static final Case NOISY = new Case(Kind.CHURN, 32, 0, 0);

    private final Results results = new Results();

    private static Plan plan(StopRule rule, Duration maxTime) {
        return new Plan(
                List.of(QUIET, NOISY),
                List.of(new Row.Direct()),
                rule,
                maxTime,
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                new Lab.Network(false, 1500, null),
                false,
                null,
                0,
                List.of());
    }

    private Stop run(RoundLoop loop, Case measured) throws InterruptedException {
        loop.run(
                measured,
                round -> results.add(
                        measured,
                        "splice",
                        new Sample(
                                round,
                                Map.of(
                                        Metric.CPU_PER_OP,
                                        measured.equals(NOISY) ? 1.0 + round % 2 : 1 + round * 1e-6))));
        Stop stop = results.stop(measured).orElseThrow();
        assertEquals(stop.rounds(), results.samples(measured, "splice").size());
        return stop;
    }

    private RoundLoop loop(Plan plan) {
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
        return new RoundLoop(plan, results, Progress.ofTime(nowhere, Duration.ZERO));
    }

    @Test
    void eachCaseForItself() throws InterruptedException {
        RoundLoop loop = loop(plan(new StopRule(3, 8, 0.01), Duration.ofHours(1)));
        assertEquals(3, run(loop, QUIET).rounds());
        Stop noisy = run(loop, NOISY);
        assertEquals(8, noisy.rounds());
        assertEquals(Stop.Reason.MAX_ROUNDS, noisy.reason());
    }

    @Test
    void noRoundThatDoesNotFitIntoTheTime() throws InterruptedException {
        Stop stop = run(loop(plan(new StopRule(3, 8, 0.01), Duration.ofSeconds(1))), NOISY);
        assertEquals(3, stop.rounds());
        assertEquals(Stop.Reason.MAX_TIME, stop.reason());
    }

    @Test
    void whatIsLeftOfTheTimeIsShared() {
        TimeLeft time = new TimeLeft(0, Duration.ofSeconds(100));
        time.share(Duration.ofSeconds(20).toNanos(), Duration.ofSeconds(40), 4); // 40 s for four cases
        long now = Duration.ofSeconds(25).toNanos();
        assertTrue(time.fits(now, Duration.ofSeconds(5)));
        assertFalse(time.fits(now, Duration.ofSeconds(6)));
        time.share(Duration.ofSeconds(70).toNanos(), Duration.ZERO, 1); // and what others did not need
        assertTrue(time.fits(now, Duration.ofSeconds(75)));
        time.share(Duration.ofSeconds(70).toNanos(), Duration.ofSeconds(50), 2);
        assertFalse(time.fits(Duration.ofSeconds(70).toNanos(), Duration.ofSeconds(1)), "late");
    }

    @Test
    void thePlanKnowsItsBounds() {
        Plan plan = plan(new StopRule(3, 6, 0.05), Duration.ofHours(1));
        assertEquals(2 * 3 * 2650, plan.most().minus(plan.estimate()).toMillis());
        assertEquals(
                Duration.ofMinutes(1),
                plan(new StopRule(3, 600, 0.05), Duration.ofMinutes(1)).most());
        Plan fixed = plan(StopRule.fixed(3), Duration.ofHours(1));
        assertEquals(fixed.estimate(), fixed.most());
        assertEquals(Duration.ZERO, plan.leastAfter(1));
    }
}
