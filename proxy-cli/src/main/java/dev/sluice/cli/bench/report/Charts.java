package dev.sluice.cli.bench.report;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Metric;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.statistics.Spread;
import dev.sluice.cli.text.Units;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Which charts some results make. A row has the same colour in all. */
final class Charts {
    private static final List<String> FIXED = List.of("direct", "copy", "splice", "auto");
    private static final List<Metric> PERCENTILES = List.of(Metric.P50, Metric.P90, Metric.P99, Metric.P999);
    private static final List<String> PERCENTILE_NAMES = List.of("p50", "p90", "p99", "p99.9");
    private static final int FEW_SIZES = 3;
    private static final int MOST_LATENCIES = 6;

    private final Results results;
    private final List<String> series = new ArrayList<>(FIXED);

    Charts(Results results) {
        this.results = results;
        results.rows().stream().filter(row -> !series.contains(row)).forEach(series::add);
    }

    /** The number of a row's colour. */
    int series(String row) {
        return series.indexOf(row);
    }

    /** One chart with what stands above it. */
    record Chart(String title, String unit, String svg) {}

    /** Bars of one case: how much, at what cost; as far as it was measured. */
    List<Chart> ofCase(Case measured) {
        return metrics(measured).stream()
                .filter(metric -> results.rows(measured).stream()
                        .anyMatch(row -> results.spread(measured, row, metric).isPresent()))
                .map(metric -> bars(measured, metric))
                .toList();
    }

    private static List<Metric> metrics(Case measured) {
        return switch (measured.kind()) {
            case BULK_DOWN, BULK_UP, BULK_BOTH ->
                List.of(Metric.THROUGHPUT, Metric.CPU_PER_GIB, Metric.MACHINE_PER_GIB, Metric.CALLS_PER_MIB);
            case PING, CHURN -> List.of(Metric.OPERATIONS, Metric.CPU_PER_OP);
            case IDLE -> List.of(Metric.RSS_PER_SESSION);
            case MIXED -> List.of(Metric.OPERATIONS, Metric.P99, Metric.THROUGHPUT, Metric.CPU_PER_GIB);
        };
    }

    private Chart bars(Case measured, Metric metric) {
        List<Bars.Bar> bars = new ArrayList<>();
        for (String row : results.rows(measured)) {
            results.spread(measured, row, metric).ifPresent(spread -> bars.add(new Bars.Bar(row, series(row), spread)));
        }
        String title = title(metric, measured);
        return new Chart(title, unit(metric, measured), Bars.of(measured + ": " + title, bars));
    }

    private static String title(Metric metric, Case measured) {
        return switch (metric) {
            case THROUGHPUT -> "Throughput";
            case OPERATIONS -> measured.kind() == Kind.CHURN ? "Connections" : "Requests";
            case CPU_PER_GIB, CPU_PER_OP -> "CPU of the proxy";
            case MACHINE_PER_GIB -> "CPU of the whole machine";
            case CALLS_PER_MIB -> "System calls of the proxy";
            case P99 -> "p99 of the requests";
            case RSS_PER_SESSION -> "Memory of a silent session";
            default -> metric.label();
        };
    }

    private static String unit(Metric metric, Case measured) {
        return switch (metric) {
            case THROUGHPUT -> "GiB/s, more is better";
            case OPERATIONS -> "per second, more is better";
            case CPU_PER_GIB, MACHINE_PER_GIB -> "seconds per GiB, less is better";
            case CPU_PER_OP -> "µs per " + measured.operation() + ", less is better";
            case CALLS_PER_MIB -> "per MiB, less is better";
            case P99 -> "µs, less is better";
            case RSS_PER_SESSION -> "KiB, less is better";
            default -> "";
        };
    }

    /** The pings that differ in nothing but their size, when they are enough for lines. */
    List<Case> sizes() {
        List<Case> pings = results.cases().stream()
                .filter(measured -> measured.kind() == Kind.PING)
                .sorted(Comparator.comparingInt(Case::size))
                .toList();
        return pings.size() < FEW_SIZES ? List.of() : pings;
    }

    /** Lines over the size of a request. */
    List<Chart> bySize(List<Case> pings) {
        List<Chart> charts = new ArrayList<>();
        charts.add(
                lines(pings, "CPU of the proxy by size", "µs per request, less is better", true, this::costOfRequest));
        if (results.rows().contains(Results.BASE)) {
            charts.add(lines(pings, "CPU as a part of copy's", "copy is 1, less is better", false, this::partOfCopy));
        }
        charts.add(lines(pings, "CPU per GiB by size", "seconds, less is better", true, this::costOfGib));
        charts.add(lines(pings, "Throughput by size", "GiB/s, more is better", false, this::throughput));
        return charts;
    }

    private interface Value {
        double of(Case ping, String row);
    }

    private double costOfRequest(Case ping, String row) {
        return median(ping, row, Metric.CPU_PER_OP);
    }

    private double costOfGib(Case ping, String row) {
        return median(ping, row, Metric.CPU_PER_GIB);
    }

    private double throughput(Case ping, String row) {
        return median(ping, row, Metric.THROUGHPUT);
    }

    private double partOfCopy(Case ping, String row) {
        return results.ratio(ping, row, Results.BASE, Metric.CPU_PER_OP)
                .map(Spread::median)
                .orElse(Double.NaN);
    }

    private Chart lines(List<Case> pings, String title, String unit, boolean log, Value value) {
        List<String> steps =
                pings.stream().map(ping -> Units.formatSize(ping.size())).toList();
        List<Lines.Line> lines = new ArrayList<>();
        for (String row : results.rows()) {
            List<Double> values =
                    pings.stream().map(ping -> value.of(ping, row)).toList();
            if (values.stream().anyMatch(one -> !one.isNaN())) {
                lines.add(new Lines.Line(row, series(row), values));
            }
        }
        return new Chart(title, unit, Lines.of(title, steps, lines, log));
    }

    private double median(Case measured, String row, Metric metric) {
        return results.spread(measured, row, metric).map(Spread::median).orElse(Double.NaN);
    }

    /** A chart of percentiles for each case that has latencies; of many, some. */
    List<Chart> latencies() {
        List<Case> cases = results.cases().stream()
                .filter(measured -> results.rows(measured).stream()
                        .anyMatch(
                                row -> results.spread(measured, row, Metric.P50).isPresent()))
                .toList();
        double step = Math.max(1, (double) (cases.size() - 1) / (MOST_LATENCIES - 1));
        List<Chart> charts = new ArrayList<>();
        for (int i = 0; Math.round(i * step) < cases.size(); i++) {
            charts.add(latency(cases.get((int) Math.round(i * step))));
        }
        return charts;
    }

    private Chart latency(Case measured) {
        List<Lines.Line> lines = results.rows(measured).stream()
                .map(row -> new Lines.Line(
                        row,
                        series(row),
                        PERCENTILES.stream()
                                .map(metric -> median(measured, row, metric))
                                .toList()))
                .toList();
        String title = "Latency: " + measured;
        return new Chart(title, "µs, less is better", Lines.of(title, PERCENTILE_NAMES, lines, true));
    }
}
