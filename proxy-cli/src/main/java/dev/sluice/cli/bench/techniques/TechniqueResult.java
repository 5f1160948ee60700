package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.statistics.Spread;
import dev.sluice.cli.bench.techniques.send.Technique;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What became of a technique: its rounds, or why there are none. Written by one thread, read by another when interrupted. */
final class TechniqueResult {
    private final Technique technique;
    private final List<Round> rounds = new ArrayList<>();
    private @Nullable String obstacle;

    TechniqueResult(Technique technique) {
        this.technique = technique;
    }

    Technique technique() {
        return technique;
    }

    synchronized void add(Round round) {
        rounds.add(round);
    }

    /** It cannot be measured; rounds that there are do not count. */
    synchronized void fail(String reason) {
        obstacle = reason;
    }

    synchronized @Nullable String obstacle() {
        return obstacle;
    }

    synchronized boolean measured() {
        return obstacle == null && !rounds.isEmpty();
    }

    synchronized int rounds() {
        return rounds.size();
    }

    /** A figure over the rounds, of which there is one at least. */
    synchronized Spread spread(ToDoubleFunction<Round> figure) {
        return Spread.of(rounds.stream().mapToDouble(figure).toArray());
    }

    double median(ToDoubleFunction<Round> figure) {
        return spread(figure).median();
    }
}
