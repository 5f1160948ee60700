package dev.sluice.cli.bench.result;

import java.util.Locale;
import java.util.Optional;

/**
 * Why a case had no further round.
 *
 * @param reason for it
 * @param rounds that it had
 * @param wanted the precision that was to be reached, 0.05 for ±5%; 0: none was
 * @param reached what was; empty where no figure was measured
 */
public record Stop(Reason reason, int rounds, double wanted, Optional<Precision> reached) {

    /** The reasons. */
    public enum Reason {
        /** There were as many as were asked for. */
        ROUNDS,
        /** The figures are known as exactly as they were to be. */
        PRECISION,
        /** Another one would have been too many. */
        MAX_ROUNDS,
        /** There was no time for another one. */
        MAX_TIME;

        /** What JSON calls it. */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** One line for a person. */
    public String text() {
        String after = rounds + (rounds == 1 ? " round" : " rounds");
        String known = reached.filter(precision -> Double.isFinite(precision.part()))
                .map(precision -> ": " + precision.subject() + " is known to " + Precision.percent(precision.part())
                        + (reason == Reason.PRECISION ? " or better" : "") + " (95% confidence"
                        + (wanted > 0 ? ", wanted: " + Precision.percent(wanted) : "") + ")")
                .orElse("");
        return switch (reason) {
            case ROUNDS -> after + known;
            case PRECISION -> "stopped after " + after + known;
            case MAX_ROUNDS -> "stopped after " + after + ", --max-rounds" + known;
            case MAX_TIME -> "stopped after " + after + ", for want of time (--max-time)" + known;
        };
    }
}
