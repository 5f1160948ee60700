package dev.sluice.cli.bench.result;

import java.util.List;
import java.util.StringJoiner;

/** The results as CSV (RFC 4180, but with line feeds): a line for each round of each row, a column for each figure. */
public final class Csv {
    private Csv() {}

    /** The whole text, the names of the columns first. */
    public static String of(Results results) {
        StringBuilder out = new StringBuilder("workload,connections,size,rate,row,round");
        for (Metric metric : Metric.values()) {
            out.append(',').append(metric.key());
        }
        out.append('\n');
        for (Case measured : results.cases()) {
            for (String row : results.rows(measured)) {
                for (Sample sample : results.samples(measured, row)) {
                    out.append(line(measured, row, sample)).append('\n');
                }
            }
        }
        return out.toString();
    }

    private static String line(Case measured, String row, Sample sample) {
        StringJoiner line = new StringJoiner(",");
        List.of(
                        measured.kind().toString(),
                        Integer.toString(measured.connections()),
                        measured.size() > 0 ? Integer.toString(measured.size()) : "",
                        measured.rate() > 0 ? Long.toString(measured.rate()) : "",
                        quoted(row),
                        Integer.toString(sample.round()))
                .forEach(line::add);
        for (Metric metric : Metric.values()) {
            Double value = sample.figures().get(metric);
            line.add(value == null ? "" : value.toString());
        }
        return line.toString();
    }

    private static String quoted(String text) {
        boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
