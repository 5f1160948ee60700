package dev.sluice.cli.bench;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.Units;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How the values of {@link BenchOptions} are read. */
final class OptionTypes {
    private OptionTypes() {}

    /** Reads whole numbers of a range. */
    abstract static class Whole implements ITypeConverter<Integer> {
        private final int min;
        private final int max;

        Whole(int min, int max) {
            this.min = min;
            this.max = max;
        }

        @Override
        public Integer convert(String text) {
            try {
                int value = Integer.parseInt(text);
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a whole number of " + min + " to " + max);
            }
            throw new TypeConversionException("'" + text + "' is out of range: " + min + " to " + max);
        }
    }

    static final class Rounds extends Whole {
        Rounds() {
            super(1, BenchOptions.MOST_ROUNDS);
        }
    }

    static final class Precision implements ITypeConverter<Double> {
        private static final double LEAST = 0.1;
        private static final double MOST = 50;

        @Override
        public Double convert(String text) {
            String number = text.strip().replaceFirst("%$", "");
            if (!number.matches("[0-9]{1,3}(\\.[0-9]{1,3})?")) {
                throw new TypeConversionException("'" + text + "' is not a percentage (such as 3% or 0.5%)");
            }
            double percent = Double.parseDouble(number);
            if (percent < LEAST || percent > MOST) {
                throw new TypeConversionException("'" + text + "' is out of range: 0.1% to 50%");
            }
            return percent / 100;
        }
    }

    static final class Connections extends Whole {
        Connections() {
            super(1, 10_000);
        }
    }

    static final class Mtu extends Whole {
        Mtu() {
            super(1280, 65_535);
        }
    }

    static final class Port extends Whole {
        Port() {
            super(1, 65_535);
        }
    }

    static final class Rate implements ITypeConverter<Long> {
        private static final Whole RANGE = new Whole(1, 10_000_000) {};

        @Override
        public Long convert(String text) {
            return RANGE.convert(text).longValue();
        }
    }

    static final class Size implements ITypeConverter<Integer> {
        private static final int MAX = 16 << 20;

        @Override
        public Integer convert(String text) {
            long value;
            try {
                value = Units.parseSize(text.strip());
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
            if (value < 1 || value > MAX) {
                throw new TypeConversionException("'" + text + "' is out of range: 1 B to 16 MiB");
            }
            return (int) value;
        }
    }

    static final class MaxTime implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return Units.parseDuration(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    static final class Workload implements ITypeConverter<Kind> {
        @Override
        public Kind convert(String text) {
            return Settings.oneOf(Kind.values(), text.strip());
        }
    }

    static final class RowName implements ITypeConverter<Row> {
        @Override
        public Row convert(String text) {
            try {
                return Row.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
