package dev.sluice.cli.bench;

import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Precision;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.Stop;
import dev.sluice.cli.bench.statistics.Figures;
import dev.sluice.cli.text.Units;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * When the rounds of a case are enough: once its figures are known precisely enough, or a limit is reached.
 *
 * @param least rounds, ≥ 1
 * @param most rounds, ≥ least
 * @param precision that is to be reached, as half the 95% confidence interval: 0.05 for ±5%; 0: as many rounds as the least
 */
record StopRule(int least, int most, double precision) {
    static final int DEFAULT_ROUNDS = 3;
    static final double DEFAULT_PRECISION = 0.05;

    /** So many times the least are the most: by default, and where a precision was asked for. */
    private static final int USUAL = 2;

    private static final int PATIENT = 10;

    /** So many rounds, whatever they tell. */
    static StopRule fixed(int rounds) {
        return new StopRule(rounds, rounds, 0);
    }

    /**
     * The rule that options make.
     *
     * @throws IllegalArgumentException with one line that says what contradicts what
     */
    static StopRule of(BenchOptions options) {
        int least = options.rounds == null ? DEFAULT_ROUNDS : options.rounds;
        if (options.precision == null && options.maxRounds == null && options.rounds != null) {
            return fixed(least);
        }
        int times = options.precision == null ? USUAL : PATIENT;
        int most = options.maxRounds == null ? Math.min(least * times, BenchOptions.MOST_ROUNDS) : options.maxRounds;
        if (most < least) {
            throw new IllegalArgumentException("--max-rounds " + most + " is below --rounds " + least);
        }
        return new StopRule(least, most, options.precision == null ? DEFAULT_PRECISION : options.precision);
    }

    /**
     * Whether to stop, and why.
     *
     * @param rounds that there were, ≥ 1
     * @param time whether there is time for another one
     */
    Optional<Stop> after(int rounds, Results results, Case measured, boolean time) {
        if (rounds < least) {
            return Optional.empty();
        }
        Optional<Precision> reached = Precision.of(results, measured);
        if (precision == 0 || reached.isEmpty()) {
            return Optional.of(new Stop(Stop.Reason.ROUNDS, rounds, precision, reached));
        }
        if (reached.get().part() <= precision) {
            return Optional.of(new Stop(Stop.Reason.PRECISION, rounds, precision, reached));
        }
        if (rounds >= most) {
            return Optional.of(new Stop(Stop.Reason.MAX_ROUNDS, rounds, precision, reached));
        }
        return time ? Optional.empty() : Optional.of(new Stop(Stop.Reason.MAX_TIME, rounds, precision, reached));
    }

    /** {@code 3 to 6 of 2s, until known to ±5%}. */
    String text(Duration window) {
        return least + (most > least ? " to " + most : "") + " of " + Units.format(window)
                + (precision == 0 ? "" : String.format(Locale.ROOT, ", until known to ±%s%%", percent(precision)));
    }

    private static String percent(double part) {
        return Figures.plain(part * 100);
    }
}
