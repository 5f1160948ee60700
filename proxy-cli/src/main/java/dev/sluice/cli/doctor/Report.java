package dev.sluice.cli.doctor;

import dev.sluice.cli.text.OneLine;
import java.util.Locale;

/** A list of findings, each with a mark, a name and one or more lines. */
final class Report {
    private final StringBuilder out = new StringBuilder();
    private int warnings;
    private int failures;

    void ok(String name, String... lines) {
        add("ok", name, lines);
    }

    void warn(String name, String... lines) {
        warnings++;
        add("warn", name, lines);
    }

    void fail(String name, String... lines) {
        failures++;
        add("FAIL", name, lines);
    }

    private void add(String mark, String name, String... lines) {
        for (int i = 0; i < lines.length; i++) {
            out.append(String.format(Locale.ROOT, "%-5s %-13s ", i == 0 ? mark : "", i == 0 ? name : ""))
                    .append(OneLine.of(lines[i]))
                    .append('\n');
        }
    }

    boolean hasFailed() {
        return failures > 0;
    }

    /** All of it, and a verdict. */
    @Override
    public String toString() {
        String verdict = failures > 0
                ? "sluice cannot splice here"
                : "sluice runs here" + (warnings == 0 ? "" : ", within the limits marked 'warn'");
        return out + "\n" + verdict + "\n";
    }
}
