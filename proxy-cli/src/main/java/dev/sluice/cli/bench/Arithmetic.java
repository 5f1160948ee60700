package dev.sluice.cli.bench;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.load.Outcome;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Metric;
import dev.sluice.cli.bench.watch.Reading;
import java.util.EnumMap;
import java.util.Map;

/** From what was seen to figures. */
final class Arithmetic {
    private static final double GIB = 1L << 30;
    private static final double MIB = 1L << 20;
    private static final double SECOND = 1e9;
    private static final double MICRO = 1e3;

    private Arithmetic() {}

    /**
     * The figures of one measurement.
     *
     * @param outcome what the client saw
     * @param used by the processes in that time, or a time that is a little longer
     * @param cpuKnown whether the processes under test are known
     * @param cores of the machine
     */
    static Map<Metric, Double> figures(Case measured, Outcome outcome, Reading used, boolean cpuKnown, int cores) {
        Map<Metric, Double> figures = new EnumMap<>(Metric.class);
        double seconds = outcome.nanos() / SECOND;
        double gib = outcome.bytes() / GIB;
        figures.put(Metric.THROUGHPUT, gib / seconds);
        if (outcome.bytes() > 0) {
            figures.put(Metric.MACHINE_PER_GIB, used.machineNanos() / SECOND / gib);
        }
        if (cpuKnown && outcome.bytes() > 0) {
            double cpu = used.cpuNanos() / SECOND / gib;
            figures.put(Metric.CPU_PER_GIB, cpu);
            figures.put(Metric.CPU_USER_PER_GIB, cpu * used.userPart());
            figures.put(Metric.CPU_SYSTEM_PER_GIB, cpu * (1 - used.userPart()));
        }
        if (cpuKnown) {
            figures.put(Metric.SWITCHES_PER_S, used.totalSwitches() / seconds);
        }
        if (!measured.operation().isEmpty()) {
            operations(figures, outcome);
        }
        if (isChargedToOperations(measured) && outcome.operations() > 0) {
            costs(figures, outcome, used, cpuKnown);
        }
        double strangers = (double) (used.machineNanos() - used.benchNanos()) / outcome.nanos() / cores;
        figures.put(Metric.STRANGERS, Math.clamp(strangers, 0.0, 1.0));
        return figures;
    }

    /**
     * How busy who was: the proxy, and what makes the load, whose client and server have one thread each.
     *
     * @param cpuKnown whether the processes under test are known
     * @param shared whether client and server are pinned to the same CPU
     */
    static Map<Metric, Double> busy(Outcome outcome, Reading used, boolean cpuKnown, boolean shared) {
        Map<Metric, Double> figures = new EnumMap<>(Metric.class);
        long generator =
                shared ? used.clientNanos() + used.serverNanos() : Math.max(used.clientNanos(), used.serverNanos());
        figures.put(Metric.GENERATOR_CPU, Math.min(1, (double) generator / outcome.nanos()));
        if (cpuKnown) {
            figures.put(Metric.PROXY_CPU, (double) used.cpuNanos() / outcome.nanos());
        }
        return figures;
    }

    /** Of mixed, all is charged to the bytes: it cannot be told what the requests took, and it must not be charged twice. */
    private static boolean isChargedToOperations(Case measured) {
        return !measured.operation().isEmpty() && measured.kind() != Kind.MIXED;
    }

    private static void operations(Map<Metric, Double> figures, Outcome outcome) {
        figures.put(Metric.OPERATIONS, outcome.operations() / (outcome.nanos() / SECOND));
        figures.put(Metric.FAILURES, (double) outcome.failures());
        if (outcome.operations() == 0) {
            return;
        }
        figures.put(Metric.P50, outcome.p50() / MICRO);
        figures.put(Metric.P90, outcome.p90() / MICRO);
        figures.put(Metric.P99, outcome.p99() / MICRO);
        figures.put(Metric.P999, outcome.p999() / MICRO);
        figures.put(Metric.MAX, outcome.max() / MICRO);
    }

    private static void costs(Map<Metric, Double> figures, Outcome outcome, Reading used, boolean cpuKnown) {
        double count = outcome.operations();
        figures.put(Metric.MACHINE_PER_OP, used.machineNanos() / MICRO / count);
        if (cpuKnown) {
            double cpu = used.cpuNanos() / MICRO / count;
            figures.put(Metric.CPU_PER_OP, cpu);
            figures.put(Metric.CPU_USER_PER_OP, cpu * used.userPart());
            figures.put(Metric.CPU_SYSTEM_PER_OP, cpu * (1 - used.userPart()));
            figures.put(Metric.SWITCHES_PER_OP, used.totalSwitches() / count);
        }
    }

    /** What a count of system calls in a measurement amounts to. */
    static Map<Metric, Double> calls(Case measured, Outcome outcome, long calls) {
        Map<Metric, Double> figures = new EnumMap<>(Metric.class);
        if (calls >= 0 && outcome.bytes() > 0) {
            figures.put(Metric.CALLS_PER_MIB, calls / (outcome.bytes() / MIB));
        }
        if (calls >= 0 && outcome.operations() > 0 && isChargedToOperations(measured)) {
            figures.put(Metric.CALLS_PER_OP, (double) calls / outcome.operations());
        }
        return figures;
    }
}
