package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Kind;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.config.WhenDown;
import java.time.Duration;
import java.util.Locale;

/** {@code when-down}: a word, or how long new sessions are held. */
final class WhenDownSection extends Section<WhenDown> {
    /** What can be said in a word. */
    private enum Word {
        REFUSE,
        CLOSE_LISTENER;

        WhenDown meaning() {
            return switch (this) {
                case REFUSE -> WhenDown.REFUSE;
                case CLOSE_LISTENER -> WhenDown.CLOSE_LISTENER;
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Key<Duration> hold = required(
            "hold",
            new Shape.One<>(new Kind.OfDuration(Timeouts.MIN, Timeouts.MAX_CONNECT)),
            "How long each new session is held, in case that an endpoint takes it by then; it counts in full, whatever connect-deadline"
                    + " says.");

    private final Key<Integer> max = key(
            "max",
            new Kind.OfNumber(1, WhenDown.MOST),
            WhenDown.DEFAULT_MAX,
            "How many are held at most; the others are refused.");

    static Shape<WhenDown> shape() {
        return new Shape.Either<>(
                new Shape.Meaning<>(new Kind.OneOf<>(Word.class), Word::meaning),
                new Shape.Map<>(new WhenDownSection()),
                "{hold: 30s}");
    }

    @Override
    protected WhenDown build(Values values) {
        return new WhenDown(values.get(hold), values.get(max));
    }
}
