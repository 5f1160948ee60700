package dev.sluice.cli.demo;

import dev.sluice.cli.text.Table;
import java.util.List;
import java.util.Locale;

/** The results as a table, and what they mean in a sentence. */
final class Verdict {
    private static final double NOISE = 0.05;

    private Verdict() {}

    static String table(List<Trial.Result> results) {
        Table table = new Table();
        table.row("", "throughput", "proxy's CPU", "small request", "SHA-256");
        table.row("", "GiB/s", "s per GiB", "p50, us", (Trial.CHECKED_BYTES >> 20) + " MiB up and down");
        for (Trial.Result result : results) {
            table.row(
                    result.way(),
                    String.format(Locale.ROOT, "%.2f", result.bytesPerSecond() / (1 << 30)),
                    Double.isNaN(result.loopSecondsPerGib())
                            ? "-"
                            : String.format(Locale.ROOT, "%.3f", result.loopSecondsPerGib()),
                    String.format(Locale.ROOT, "%.0f", result.medianNanos() / 1e3),
                    result.agrees() ? "agrees" : "DIFFERS");
        }
        return table.toString();
    }

    /** Compares the two relays by CPU per byte. */
    static String sentence(Trial.Result copy, Trial.Result splice) {
        double ratio = splice.loopSecondsPerGib() / copy.loopSecondsPerGib();
        if (Double.isNaN(ratio)) {
            return "This kernel keeps no account of a thread's CPU time, so the relays cannot be compared by it.";
        }
        if (Math.abs(ratio - 1) < NOISE) {
            return "By splice and by copy a byte cost the proxy the same CPU here, within noise.";
        }
        int percent = (int) Math.round(100 * Math.abs(ratio - 1));
        return ratio < 1
                ? "By splice a byte cost the proxy " + percent + "% less CPU than by copy."
                : "By splice a byte cost the proxy " + percent + "% more CPU than by copy: splicing does not pay here.";
    }
}
