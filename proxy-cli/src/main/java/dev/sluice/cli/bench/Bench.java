package dev.sluice.cli.bench;

import dev.sluice.cli.bench.lab.Child;
import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.load.Job;
import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.load.Outcome;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Metric;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.Sample;
import dev.sluice.cli.bench.watch.CallCounter;
import dev.sluice.cli.bench.watch.Meter;
import dev.sluice.cli.bench.watch.Reading;
import dev.sluice.cli.bench.watch.Watched;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.progress.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Carries out a plan: each case in rounds; in each round every row is measured once, beginning with another one each time. For one
 * thread. */
final class Bench implements AutoCloseable {
    private static final Duration PROBE = Duration.ofMillis(50);
    private static final int PROBE_SIZE = 64;

    private final Plan plan;
    private final Lab lab;
    private final Results results;
    private final Progress progress;
    private final RoundLoop loop;
    private final Targets targets;
    private final LoadClient client;
    private final Meter meter = new Meter(Proc.REAL);
    private final CallCounter counter = new CallCounter();
    private final Set<String> warm = new HashSet<>();

    private record Calls(Case measured, String row) {}

    private final Map<Calls, Map<Metric, Double>> calls = new HashMap<>();

    /** Starts all processes. */
    Bench(Plan plan, Lab lab, Results results, Progress progress) throws InterruptedException {
        this.plan = plan;
        this.lab = lab;
        this.results = results;
        this.progress = progress;
        this.loop = new RoundLoop(plan, results, progress);
        progress.step("starting", plan.starting());
        this.targets = new Targets(plan, lab);
        this.client = new LoadClient(lab);
        if (counter.obstacle() != null) {
            results.note("system calls were not counted: " + counter.obstacle());
        }
    }

    /**
     * Measures.
     *
     * @throws CommandFailure when a row does not lead to the server
     * @throws InterruptedException when it is to end before its time; the results so far are there
     */
    void run() throws InterruptedException {
        List<Target> all = new ArrayList<>();
        for (Row row : plan.rows()) {
            Target target = targets.of(row);
            probe(target);
            all.add(target);
        }
        for (Case measured : plan.cases()) {
            if (measured.kind() == Kind.IDLE) {
                IdleRounds idle = new IdleRounds(lab, targets, client, meter, results, progress);
                loop.run(measured, round -> idle.run(measured, all, round));
            } else {
                rounds(measured, all);
            }
        }
    }

    private void probe(Target target) throws InterruptedException {
        Job job = new Job(Kind.PING, target.address(), 1, 0, PROBE_SIZE, 0, 0, PROBE.toMillis());
        try {
            client.run(job, () -> {}, () -> {});
        } catch (LoadClient.FailedException e) {
            String hint = target.row() instanceof Row.External ? "; does it forward to " + targets.server() + "?" : "";
            throw new CommandFailure(target.row().name() + " at " + target.address()
                    + " does not lead to the bench server: " + e.getMessage() + hint);
        }
    }

    private void rounds(Case measured, List<Target> all) throws InterruptedException {
        List<Target> rows = new ArrayList<>(all);
        for (Target target : all) {
            if (!warmUp(measured, target)) {
                rows.remove(target);
            }
        }
        if (rows.isEmpty()) {
            return;
        }
        loop.run(measured, round -> {
            for (int i = 0; i < rows.size(); i++) {
                Target target = rows.get((round - 1 + i) % rows.size());
                progress.step(
                        measured + ": " + target.row().name() + ", round " + round,
                        plan.ramp().plus(plan.window()));
                measure(measured, target, round);
            }
        });
    }

    private void measure(Case measured, Target target, int round) throws InterruptedException {
        Reading[] readings = new Reading[2];
        try {
            Outcome outcome = client.run(
                    job(measured, target, plan.ramp(), plan.window()),
                    () -> readings[0] = read(target),
                    () -> readings[1] = read(target));
            Reading used = readings[1].since(readings[0]);
            boolean known = !target.pids().isEmpty();
            int cores = Runtime.getRuntime().availableProcessors();
            Map<Metric, Double> figures = Arithmetic.figures(measured, outcome, used, known, cores);
            figures.putAll(Arithmetic.busy(outcome, used, known, lab.loadSharesCpu()));
            if (target.row() instanceof Row.External && !known) {
                figures.remove(Metric.STRANGERS); // it would be the stranger
            }
            figures.putAll(calls.getOrDefault(new Calls(measured, target.row().name()), Map.of()));
            results.add(measured, target.row().name(), new Sample(round, figures));
            behind(measured, outcome);
        } catch (LoadClient.FailedException e) {
            results.note(measured + ": " + target.row().name() + " failed in round " + round + ": " + e.getMessage());
        }
    }

    /** Makes a row warm, and counts its system calls in the second half of that. Whether it works at all. */
    private boolean warmUp(Case measured, Target target) throws InterruptedException {
        String name = target.row().name();
        Duration time = warm.add(name) ? plan.warmUp().multipliedBy(Plan.FIRST_WARM_UP) : plan.warmUp();
        Duration half = time.dividedBy(2);
        progress.step(measured + ": " + name + ", warming up", time);
        long[] counted = {-1};
        try {
            Outcome outcome = client.run(
                    job(measured, target, half, half),
                    () -> counter.begin(target.pids()),
                    () -> counted[0] = counter.end());
            calls.put(new Calls(measured, name), Arithmetic.calls(measured, outcome, counted[0]));
            return true;
        } catch (LoadClient.FailedException e) {
            results.note(measured + ": " + name + " failed: " + e.getMessage());
            return false;
        } finally {
            counter.end();
        }
    }

    private static Job job(Case measured, Target target, Duration ramp, Duration window) {
        return new Job(
                measured.kind(),
                target.address(),
                measured.connections(),
                measured.streams(),
                measured.size(),
                measured.rate(),
                ramp.toMillis(),
                window.toMillis());
    }

    private Reading read(Target target) {
        List<Long> others = new ArrayList<>(List.of(ProcessHandle.current().pid()));
        lab.children().stream()
                .map(Child::pid)
                .filter(pid -> !target.pids().contains(pid))
                .filter(pid -> pid != client.pid() && !targets.serverPids().contains(pid))
                .forEach(others::add);
        return meter.read(new Watched(target.pids(), List.of(client.pid()), targets.serverPids(), others));
    }

    /** An open loop that cannot keep up measures how long its queue has become, and that must be said. */
    private void behind(Case measured, Outcome outcome) {
        double achieved = outcome.operations() / (outcome.nanos() / 1e9);
        if (measured.rate() > 0 && achieved < 0.95 * measured.rate()) {
            results.note(measured + ": not all rows keep up with this rate; their latency is that of a growing queue");
        }
    }

    @Override
    public void close() {
        counter.close();
        meter.close();
    }
}
