package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.statistics.Figures;
import dev.sluice.cli.bench.statistics.Spread;
import dev.sluice.cli.text.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The results as a table for a terminal: a header, a block for each case, notes. */
public final class TableText {
    private static final String GAP = "  ";

    private final StringBuilder out = new StringBuilder();

    private TableText() {}

    /** The whole text, which ends with a line feed. */
    public static String of(Header header, Results results) {
        TableText table = new TableText();
        table.header(header);
        for (Case measured : results.cases()) {
            table.out.append('\n').append(measured).append('\n');
            table.out.append(grid(rows(results, measured)));
            remarks(results, measured)
                    .forEach(remark -> table.out.append(GAP).append(remark).append('\n'));
        }
        table.out.append('\n');
        Crossover.of(results)
                .ifPresent(c -> table.out
                        .append(c.verdict())
                        .append("\nRecommended here: ")
                        .append(c.advice())
                        .append(".\n"));
        List<String> notes = new ArrayList<>(results.notes());
        notes.addAll(Noise.notes(results));
        notes.forEach(note -> table.out.append("note: ").append(note).append('\n'));
        return table.out.toString();
    }

    /** What is to be said of a case below its figures, a line each. */
    public static List<String> remarks(Results results, Case measured) {
        return Stream.of(
                        results.stop(measured).map(Stop::text),
                        GeneratorLimit.of(results, measured).map(GeneratorLimit::text))
                .flatMap(Optional::stream)
                .toList();
    }

    private static String grid(List<List<String>> rows) {
        Table table = new Table(GAP);
        rows.forEach(row -> table.row(row.toArray(String[]::new)));
        return table.toString().indent(GAP.length());
    }

    private void header(Header header) {
        int width =
                header.facts().keySet().stream().mapToInt(String::length).max().orElse(0);
        for (Map.Entry<String, String> fact : header.facts().entrySet()) {
            out.append(fact.getKey())
                    .append(" ".repeat(width - fact.getKey().length()))
                    .append(GAP)
                    .append(fact.getValue())
                    .append('\n');
        }
    }

    /** The cells of a case, the names of the columns first. The main figures are median (least–most); the last column is a ratio. */
    public static List<List<String>> rows(Results results, Case measured) {
        List<Column> columns = columns(measured);
        List<List<String>> rows = new ArrayList<>();
        List<String> names = new ArrayList<>(List.of(""));
        columns.forEach(column -> names.add(column.name()));
        boolean compared = results.rows(measured).contains(Results.BASE);
        if (compared) {
            names.add("CPU vs " + Results.BASE);
        }
        rows.add(names);
        for (String row : results.rows(measured)) {
            List<String> cells = new ArrayList<>(List.of(row));
            for (Column column : columns) {
                cells.add(column.cell(results, measured, row));
            }
            if (compared) {
                cells.add(ratio(results, measured, row));
            }
            rows.add(cells);
        }
        return rows;
    }

    /** What a row costs as a part of what copying costs, the rounds compared one by one. */
    private static String ratio(Results results, Case measured, String row) {
        Optional<Spread> ratio = results.ratio(measured, row, Results.BASE, Noise.cost(measured));
        if (ratio.isEmpty() || row.equals(Results.BASE)) {
            return "-";
        }
        String median = Figures.ratio(ratio.get().median());
        return results.samples(measured, row).size() < 2
                ? median
                : median + " (" + Figures.ratio(ratio.get().min()) + "–"
                        + Figures.ratio(ratio.get().max()) + ")";
    }

    private static List<Column> columns(Case measured) {
        List<Column> columns = new ArrayList<>();
        if (measured.kind() == Kind.IDLE) {
            return List.of(new Column("RSS KiB/session", true, List.of(Metric.RSS_PER_SESSION)));
        }
        if (measured.kind() == Kind.MIXED) {
            columns.add(new Column("req/s", true, List.of(Metric.OPERATIONS)));
            columns.add(new Column("p50 µs", true, List.of(Metric.P50)));
            columns.add(new Column("p99", true, List.of(Metric.P99)));
            columns.add(new Column("p99.9", false, List.of(Metric.P999)));
            columns.add(new Column("GiB/s", true, List.of(Metric.THROUGHPUT)));
            columns.add(new Column("CPU s/GiB", false, List.of(Metric.CPU_PER_GIB)));
            columns.add(new Column("machine s/GiB", false, List.of(Metric.MACHINE_PER_GIB)));
            return columns;
        }
        if (measured.kind().isBulk()) {
            columns.add(new Column("GiB/s", true, List.of(Metric.THROUGHPUT)));
            columns.add(new Column("CPU s/GiB", true, List.of(Metric.CPU_PER_GIB)));
            columns.add(new Column("user+system", false, List.of(Metric.CPU_USER_PER_GIB, Metric.CPU_SYSTEM_PER_GIB)));
            columns.add(new Column("machine s/GiB", true, List.of(Metric.MACHINE_PER_GIB)));
            columns.add(new Column("calls/MiB", false, List.of(Metric.CALLS_PER_MIB)));
            columns.add(new Column("switches/s", false, List.of(Metric.SWITCHES_PER_S)));
            return columns;
        }
        String one = measured.kind() == Kind.PING ? "req" : "conn";
        columns.add(new Column(one + "/s", true, List.of(Metric.OPERATIONS)));
        columns.add(new Column("CPU µs/" + one, true, List.of(Metric.CPU_PER_OP)));
        columns.add(new Column("user+system", false, List.of(Metric.CPU_USER_PER_OP, Metric.CPU_SYSTEM_PER_OP)));
        columns.add(new Column("machine µs/" + one, false, List.of(Metric.MACHINE_PER_OP)));
        columns.add(new Column("calls/" + one, false, List.of(Metric.CALLS_PER_OP)));
        columns.add(new Column("switches/" + one, false, List.of(Metric.SWITCHES_PER_OP)));
        columns.add(new Column("p50 µs", false, List.of(Metric.P50)));
        columns.add(new Column("p90", false, List.of(Metric.P90)));
        columns.add(new Column("p99", false, List.of(Metric.P99)));
        columns.add(new Column("p99.9", false, List.of(Metric.P999)));
        return columns;
    }

    /** A column of medians; with a range, of the least and the most, too; of two figures, joined by a plus. */
    private record Column(String name, boolean range, List<Metric> metrics) {
        String cell(Results results, Case measured, String row) {
            StringBuilder cell = new StringBuilder();
            for (Metric metric : metrics) {
                Optional<Spread> spread = results.spread(measured, row, metric);
                if (spread.isEmpty()) {
                    return "-";
                }
                cell.append(cell.isEmpty() ? "" : "+")
                        .append(Figures.of(spread.get().median()));
                if (range && results.samples(measured, row).size() > 1) {
                    cell.append(" (").append(Figures.of(spread.get().min()));
                    cell.append('–').append(Figures.of(spread.get().max())).append(')');
                }
            }
            return cell.toString();
        }
    }
}
