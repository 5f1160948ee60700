package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.export.Csv;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The results as CSV: a line for each round of each row, a column for each figure. */
public final class ResultsCsv {
    private ResultsCsv() {}

    /** The whole text, the names of the columns first. */
    public static String of(Results results) {
        List<String> names =
                new ArrayList<>(List.of("workload", "connections", "streams", "size", "rate", "row", "round"));
        for (Metric metric : Metric.values()) {
            names.add(metric.key());
        }
        Csv csv = new Csv().line(names);
        for (Case measured : results.cases()) {
            for (String row : results.rows(measured)) {
                for (Sample sample : results.samples(measured, row)) {
                    csv.line(cells(measured, row, sample));
                }
            }
        }
        return csv.toString();
    }

    private static List<@Nullable Object> cells(Case measured, String row, Sample sample) {
        List<@Nullable Object> cells = new ArrayList<>();
        cells.add(measured.kind());
        cells.add(measured.connections());
        cells.add(measured.streams() > 0 ? measured.streams() : null);
        cells.add(measured.size() > 0 ? measured.size() : null);
        cells.add(measured.rate() > 0 ? measured.rate() : null);
        cells.add(row);
        cells.add(sample.round());
        for (Metric metric : Metric.values()) {
            cells.add(sample.figures().get(metric));
        }
        return cells;
    }
}
