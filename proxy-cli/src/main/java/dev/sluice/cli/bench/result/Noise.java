package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.statistics.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Where the machine was too noisy to tell. */
public final class Noise {
    private static final double TOO_WIDE = 0.30;
    private static final double TOO_MANY_STRANGERS = 0.10;

    private Noise() {}

    /** A line for each reason not to believe a figure. */
    public static List<String> notes(Results results) {
        List<String> notes = new ArrayList<>();
        double strangers = 0;
        for (Case measured : results.cases()) {
            Metric metric = cost(measured);
            for (String row : results.rows(measured)) {
                Optional<Spread> spread = results.spread(measured, row, metric);
                if (spread.isPresent() && spread.get().width() > TOO_WIDE) {
                    notes.add(String.format(
                            Locale.ROOT,
                            "%s: %s of %s differs by %.0f%% between rounds; more rounds or a quieter machine would tell more",
                            measured,
                            metric.label(),
                            row,
                            spread.get().width() * 100));
                }
                strangers = Math.max(
                        strangers,
                        results.spread(measured, row, Metric.STRANGERS)
                                .map(Spread::median)
                                .orElse(0.0));
            }
            if (isUndecided(results, measured)) {
                notes.add(measured + ": copy and splice cannot be told apart by " + metric.label()
                        + ", now one was better and now the other");
            }
        }
        if (strangers > TOO_MANY_STRANGERS) {
            notes.add(String.format(
                    Locale.ROOT,
                    "the machine was busy with other things: up to %.0f%% of its CPU while this was measured",
                    strangers * 100));
        }
        return notes;
    }

    /** The figure that a case is about. */
    public static Metric cost(Case measured) {
        return switch (measured.kind()) {
            case BULK_DOWN, BULK_UP, BULK_BOTH, MIXED -> Metric.CPU_PER_GIB;
            case PING, CHURN -> Metric.CPU_PER_OP;
            case IDLE -> Metric.RSS_PER_SESSION;
        };
    }

    /** Whether the rounds disagree on which of splice and copy costs less. */
    public static boolean isUndecided(Results results, Case measured) {
        Optional<Spread> ratio = results.ratio(measured, "splice", Results.BASE, cost(measured));
        return ratio.isPresent()
                && results.samples(measured, Results.BASE).size() > 1
                && ratio.get().straddles(1);
    }
}
