package dev.sluice.cli.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metrics of one moment, gathered by name. A counter's name is without {@code _total}. */
final class Families {
    private record Named(String name, String help) {}

    private final List<MetricSnapshot> infos = new ArrayList<>();
    private final Map<Named, List<CounterDataPointSnapshot>> counters = new LinkedHashMap<>();
    private final Map<Named, List<GaugeDataPointSnapshot>> gauges = new LinkedHashMap<>();
    private final Map<Named, List<HistogramDataPointSnapshot>> histograms = new LinkedHashMap<>();

    private final Map<Named, List<SummaryDataPointSnapshot>> summaries = new LinkedHashMap<>();

    /**
     * @param labels names and values, in turn
     */
    void counter(String name, String help, Number value, String... labels) {
        counters.computeIfAbsent(new Named(name, help), key -> new ArrayList<>())
                .add(CounterDataPointSnapshot.builder()
                        .value(value.doubleValue())
                        .labels(Labels.of(labels))
                        .build());
    }

    /** A name is without {@code _info}. */
    void info(String name, String help, String... labels) {
        infos.add(new InfoSnapshot(
                new MetricMetadata(name, help), List.of(new InfoDataPointSnapshot(Labels.of(labels)))));
    }

    void gauge(String name, String help, Number value, String... labels) {
        gauges.computeIfAbsent(new Named(name, help), key -> new ArrayList<>())
                .add(GaugeDataPointSnapshot.builder()
                        .value(value.doubleValue())
                        .labels(Labels.of(labels))
                        .build());
    }

    void histogram(String name, String help, Buckets buckets, String... labels) {
        histograms
                .computeIfAbsent(new Named(name, help), key -> new ArrayList<>())
                .add(new HistogramDataPointSnapshot(
                        ClassicHistogramBuckets.of(buckets.bounds(), buckets.counts()),
                        buckets.sumSeconds(),
                        Labels.of(labels),
                        Exemplars.EMPTY,
                        0));
    }

    /**
     * @param quantiles values by quantile, 0 … 1; empty for none
     */
    void summary(String name, String help, long count, double sum, Map<Double, Double> quantiles, String... labels) {
        List<Quantile> all = quantiles.entrySet().stream()
                .map(one -> new Quantile(one.getKey(), one.getValue()))
                .toList();
        summaries
                .computeIfAbsent(new Named(name, help), key -> new ArrayList<>())
                .add(SummaryDataPointSnapshot.builder()
                        .count(count)
                        .sum(sum)
                        .quantiles(Quantiles.of(all))
                        .labels(Labels.of(labels))
                        .build());
    }

    MetricSnapshots all() {
        List<MetricSnapshot> all = new ArrayList<>(infos);
        counters.forEach((named, points) -> all.add(new CounterSnapshot(metadata(named), points)));
        gauges.forEach((named, points) -> all.add(new GaugeSnapshot(metadata(named), points)));
        histograms.forEach((named, points) -> all.add(new HistogramSnapshot(metadata(named), points)));
        summaries.forEach((named, points) -> all.add(new SummarySnapshot(metadata(named), points)));
        return new MetricSnapshots(all);
    }

    private static MetricMetadata metadata(Named named) {
        return new MetricMetadata(named.name(), named.help());
    }
}
