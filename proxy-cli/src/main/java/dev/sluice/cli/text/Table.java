package dev.sluice.cli.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rows of cells in columns that are as wide as they must be; words stand to the left, and are in the first column at least. */
public final class Table {
    private static final String GAP = "   ";

    private final String gap;
    private final Set<Integer> words;
    private final List<List<String>> rows = new ArrayList<>();

    /** An empty one, with three blanks between columns. */
    public Table() {
        this(GAP);
    }

    /** An empty one, with this between columns. */
    public Table(String gap) {
        this(gap, Set.of());
    }

    /** An empty one, with words in these columns, too; the first one is 0. */
    public Table(String gap, Set<Integer> words) {
        this.gap = gap;
        this.words = words;
    }

    public void row(String... cells) {
        rows.add(List.of(cells));
    }

    /** Lines, each with its line feed. */
    @Override
    public String toString() {
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                if (i == widths.size()) {
                    widths.add(0);
                }
                widths.set(i, Math.max(widths.get(i), row.get(i).length()));
            }
        }
        StringBuilder out = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                String cell = row.get(i);
                String padding = " ".repeat(widths.get(i) - cell.length());
                boolean left = i == 0 || words.contains(i);
                line.append(i == 0 ? "" : gap).append(left ? cell + padding : padding + cell);
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        return out.toString();
    }
}
