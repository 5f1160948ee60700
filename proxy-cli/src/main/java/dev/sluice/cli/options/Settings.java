package dev.sluice.cli.options;

import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.Timeouts;
import java.time.Duration;
import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Readers of the values of settings, each with its range: what comes out of one is accepted by the configuration. The message of
 * a refusal goes behind the name of the option or variable.
 */
public final class Settings {
    private Settings() {}

    abstract static class OfDuration implements ITypeConverter<Duration> {
        private final Duration min;
        private final Duration max;
        private final boolean zero;
        private final String bareUnit;

        OfDuration(Duration min, Duration max, boolean zero, String bareUnit) {
            this.min = min;
            this.max = max;
            this.zero = zero;
            this.bareUnit = bareUnit;
        }

        @Override
        public Duration convert(String text) {
            Duration value;
            try {
                value = Units.parseDuration(text, bareUnit);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
            boolean inRange = value.isZero() ? zero : value.compareTo(min) >= 0 && value.compareTo(max) <= 0;
            if (!inRange) {
                throw new TypeConversionException("'" + text + "' is out of range: " + (zero ? "0, or " : "")
                        + Units.format(min) + " to " + Units.format(max));
            }
            return value;
        }
    }

    /** {@code --connect-timeout}. */
    public static final class ConnectTimeout extends OfDuration {
        public ConnectTimeout() {
            super(Timeouts.MIN, Timeouts.MAX_CONNECT, false, "");
        }
    }

    /** {@code --idle-timeout}, {@code --half-close-timeout}. */
    public static final class QuietTimeout extends OfDuration {
        public QuietTimeout() {
            super(Timeouts.MIN, Timeouts.MAX, true, "");
        }
    }

    /** {@code --drain-timeout}. */
    public static final class DrainTimeout extends OfDuration {
        public DrainTimeout() {
            super(Duration.ofMillis(1), Duration.ofDays(1), true, "");
        }
    }

    /** {@code --busy-poll}: a bare number is of microseconds. */
    public static final class BusyPoll extends OfDuration {
        public BusyPoll() {
            super(LoopSettings.MIN_BUSY_POLL, LoopSettings.MAX_BUSY_POLL, true, "us");
        }
    }

    /** {@code --coalesce}. */
    public static final class Coalesce extends OfDuration {
        public Coalesce() {
            super(ListenerConfig.MIN_COALESCE, ListenerConfig.MAX_COALESCE, true, "");
        }
    }

    /** A whole number of a range. */
    public abstract static class OfNumber implements ITypeConverter<Integer> {
        private final int min;
        private final int max;

        protected OfNumber(int min, int max) {
            this.min = min;
            this.max = max;
        }

        @Override
        public Integer convert(String text) {
            int value;
            try {
                value = Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a whole number of " + min + " to " + max);
            }
            if (value < min || value > max) {
                throw new TypeConversionException("'" + text + "' is out of range: " + min + " to " + max);
            }
            return value;
        }
    }

    /** {@code --threads}. */
    public static final class Threads extends OfNumber {
        public Threads() {
            super(1, LoopSettings.MAX_THREADS);
        }
    }

    abstract static class OfSize implements ITypeConverter<Integer> {
        private final int min;
        private final int max;

        OfSize(int min, int max) {
            this.min = min;
            this.max = max;
        }

        @Override
        public Integer convert(String text) {
            long value;
            try {
                value = Units.parseSize(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
            if (value < min || value > max) {
                throw new TypeConversionException(
                        "'" + text + "' is out of range: " + Units.formatSize(min) + " to " + Units.formatSize(max));
            }
            return (int) value;
        }
    }

    /** {@code --pipe-size}. */
    public static final class PipeSize extends OfSize {
        public PipeSize() {
            super(BufferSettings.MIN_PIPE_SIZE, BufferSettings.MAX_PIPE_SIZE);
        }
    }

    /** {@code --copy-buffer}. */
    public static final class CopyBuffer extends OfSize {
        public CopyBuffer() {
            super(BufferSettings.MIN_COPY_BUFFER, BufferSettings.MAX_COPY_BUFFER);
        }
    }

    /** {@code --relay}. */
    public static final class Relay implements ITypeConverter<RelayMode> {
        @Override
        public RelayMode convert(String text) {
            return oneOf(RelayMode.values(), text);
        }
    }

    /** The value whose text this is. */
    public static <E extends Enum<E>> E oneOf(E[] values, String text) {
        for (E value : values) {
            if (value.toString().equals(text)) {
                return value;
            }
        }
        String[] names = Arrays.stream(values).map(Enum::toString).toArray(String[]::new);
        throw new TypeConversionException("'" + text + "' is not one of " + String.join(", ", names));
    }
}
