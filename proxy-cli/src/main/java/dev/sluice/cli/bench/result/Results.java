package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.statistics.Spread;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** All samples, by case and row, both in the order in which they came. */
public final class Results {
    /** The row that the others are compared with. */
    public static final String BASE = "copy";

    private final Map<Case, Map<String, List<Sample>>> samples = new LinkedHashMap<>();
    private final Map<Case, Stop> stops = new HashMap<>();
    private final List<String> notes = new ArrayList<>();

    /** Adds one. */
    public void add(Case measured, String row, Sample sample) {
        samples.computeIfAbsent(measured, c -> new LinkedHashMap<>())
                .computeIfAbsent(row, r -> new ArrayList<>())
                .add(sample);
    }

    /** Adds a line that a reader must know, once. */
    public void note(String text) {
        if (!notes.contains(text)) {
            notes.add(text);
        }
    }

    /** In the order of their coming. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** Says why a case has no further round. */
    public void stopped(Case measured, Stop stop) {
        stops.put(measured, stop);
    }

    /** Why a case has no further round; empty where it was interrupted, or never begun. */
    public Optional<Stop> stop(Case measured) {
        return Optional.ofNullable(stops.get(measured));
    }

    public boolean isEmpty() {
        return samples.isEmpty();
    }

    public List<Case> cases() {
        return List.copyOf(samples.keySet());
    }

    /** The rows that a case has. */
    public List<String> rows(Case measured) {
        return List.copyOf(samples.getOrDefault(measured, Map.of()).keySet());
    }

    /** The rows of all cases. */
    public List<String> rows() {
        return samples.values().stream()
                .flatMap(rows -> rows.keySet().stream())
                .distinct()
                .toList();
    }

    public List<Sample> samples(Case measured, String row) {
        return List.copyOf(samples.getOrDefault(measured, Map.of()).getOrDefault(row, List.of()));
    }

    /** A figure of each round that has it. */
    double[] values(Case measured, String row, Metric metric) {
        return samples(measured, row).stream()
                .map(sample -> sample.figures().get(metric))
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    /** A figure over the rounds that have it. */
    public Optional<Spread> spread(Case measured, String row, Metric metric) {
        return spread(values(measured, row, metric));
    }

    /** A figure of one row as a part of another's in the same round, of each round that has both: what troubles a round troubles both. */
    double[] ratios(Case measured, String row, String base, Metric metric) {
        Map<Integer, Double> bases = new HashMap<>();
        for (Sample sample : samples(measured, base)) {
            bases.put(sample.round(), sample.figures().getOrDefault(metric, 0.0));
        }
        return samples(measured, row).stream()
                .filter(sample -> sample.figures().containsKey(metric) && bases.getOrDefault(sample.round(), 0.0) > 0)
                .mapToDouble(
                        sample -> sample.figures().getOrDefault(metric, 0.0) / bases.getOrDefault(sample.round(), 1.0))
                .toArray();
    }

    /** The same over the rounds. */
    public Optional<Spread> ratio(Case measured, String row, String base, Metric metric) {
        return spread(ratios(measured, row, base, metric));
    }

    private static Optional<Spread> spread(double[] values) {
        return values.length == 0 ? Optional.empty() : Optional.of(Spread.of(values));
    }
}
