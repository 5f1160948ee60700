package dev.sluice.cli.bench;

import dev.sluice.cli.bench.lab.Child;
import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.load.Job;
import dev.sluice.cli.bench.load.Outcome;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Metric;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.Sample;
import dev.sluice.cli.bench.watch.Meter;
import dev.sluice.cli.progress.Progress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The memory of silent sessions: how much a process grows by having them. A process that has had some before would take them from
 * what it kept, so each round has new ones, which are let alone first, until they have given back what starting took.
 */
final class IdleRounds {
    private static final Duration WINDOW = Duration.ofSeconds(1);
    private static final double KIB = 1024;

    private final Lab lab;
    private final Targets targets;
    private final LoadClient client;
    private final Meter meter;
    private final Results results;
    private final Progress progress;

    IdleRounds(Lab lab, Targets targets, LoadClient client, Meter meter, Results results, Progress progress) {
        this.lab = lab;
        this.targets = targets;
        this.client = client;
        this.meter = meter;
        this.results = results;
        this.progress = progress;
    }

    /** One round. External proxies are measured as they are; without a proxy there is nothing to measure. */
    void run(Case measured, List<Target> all, int round) throws InterruptedException {
        progress.step(measured + ": new processes", Plan.IDLE_SETTLE);
        Map<Target, Child> fresh = new LinkedHashMap<>();
        for (Target target : all) {
            if (target.row() instanceof Row.Relay relay) {
                Child child = targets.start(relay);
                fresh.put(targets.await(relay, child), child);
            }
        }
        Thread.sleep(Plan.IDLE_SETTLE);
        for (Target target : fresh.keySet()) {
            measure(measured, target, round);
        }
        for (Target target : all) {
            if (target.row() instanceof Row.External && !target.pids().isEmpty()) {
                measure(measured, target, round);
            }
        }
        fresh.values().forEach(lab::end);
    }

    private void measure(Case measured, Target target, int round) throws InterruptedException {
        String name = target.row().name();
        progress.step(measured + ": " + name + ", round " + round, WINDOW);
        Job job = new Job(measured.kind(), target.address(), measured.connections(), 0, 0, 0, 0, WINDOW.toMillis());
        long before = meter.resident(target.pids());
        long[] after = new long[1];
        try {
            Outcome outcome = client.run(job, () -> {}, () -> after[0] = meter.resident(target.pids()));
            double grown = (after[0] - before) / KIB / outcome.operations();
            results.add(measured, name, new Sample(round, Map.of(Metric.RSS_PER_SESSION, grown)));
        } catch (LoadClient.FailedException e) {
            results.note(measured + ": " + name + " failed: " + e.getMessage());
        }
    }
}
