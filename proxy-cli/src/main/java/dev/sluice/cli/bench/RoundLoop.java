package dev.sluice.cli.bench;

import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.Stop;
import dev.sluice.cli.progress.Progress;
import java.util.Optional;

/** Repeats the rounds of a case until they are enough, and notes why they were. */
final class RoundLoop {
    private final Plan plan;
    private final Results results;
    private final Progress progress;
    private final TimeLeft time;

    /** One round, of a number from 1 on. */
    interface Round {
        void run(int number) throws InterruptedException;
    }

    /** The plan's time runs from now on. */
    RoundLoop(Plan plan, Results results, Progress progress) {
        this.plan = plan;
        this.results = results;
        this.progress = progress;
        this.time = new TimeLeft(System.nanoTime(), plan.maxTime());
    }

    void run(Case measured, Round round) throws InterruptedException {
        StopRule rule = plan.stopRule();
        for (int number = 1; ; number++) {
            round.run(number);
            long now = System.nanoTime();
            if (number == rule.least()) {
                int at = plan.cases().indexOf(measured);
                time.share(now, plan.leastAfter(at), plan.cases().size() - at);
            }
            Optional<Stop> stop = rule.after(number, results, measured, time.fits(now, plan.round(measured)));
            if (stop.isPresent()) {
                results.stopped(measured, stop.get());
                return;
            }
            if (number >= rule.least()) {
                progress.more(plan.round(measured));
            }
        }
    }
}
