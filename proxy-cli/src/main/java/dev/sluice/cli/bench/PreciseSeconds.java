package dev.sluice.cli.bench;

import dev.sluice.cli.text.Units;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how long something is to be measured: a duration, or a bare number of seconds. */
final class PreciseSeconds implements ITypeConverter<Duration> {
    static final Duration MIN = Duration.ofMillis(100);
    static final Duration MAX = Duration.ofHours(1);

    @Override
    public Duration convert(String text) {
        Duration value;
        try {
            value = Units.parseDuration(text, "s");
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
        if (value.compareTo(MIN) < 0 || value.compareTo(MAX) > 0) {
            throw new TypeConversionException(
                    "'" + text + "' is out of range: " + Units.format(MIN) + " to " + Units.format(MAX));
        }
        return value;
    }
}
