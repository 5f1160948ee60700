package dev.sluice.cli.bench.export;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds CSV (RFC 4180, but with line feeds). */
public final class Csv {
    private final StringBuilder out = new StringBuilder();

    /** Without a line yet. */
    public Csv() {}

    /** Adds a line. A cell that is null is empty, any other is its text, in quotes where it needs them. */
    public Csv line(List<? extends @Nullable Object> cells) {
        for (int i = 0; i < cells.size(); i++) {
            Object cell = cells.get(i);
            out.append(i == 0 ? "" : ",").append(cell == null ? "" : quoted(cell.toString()));
        }
        out.append('\n');
        return this;
    }

    private static String quoted(String text) {
        boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c < ' ');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /** All lines, each with its line feed. */
    @Override
    public String toString() {
        return out.toString();
    }
}
