package dev.sluice.cli.bench.result;

import java.util.EnumMap;
import java.util.Map;

/**
 * The figures of one row in one round.
 *
 * @param round 1 …
 * @param figures what was measured; what could not be is not there
 */
public record Sample(int round, Map<Metric, Double> figures) {
    public Sample {
        figures = figures.isEmpty() ? Map.of() : new EnumMap<>(figures);
    }
}
