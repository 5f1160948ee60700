package dev.sluice.cli.options;

import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.CpuList;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.Pin;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What the values of a setting look like: how they are read and written, and which are allowed. */
public sealed interface Kind<T>
        permits Dns.OfServer,
                Dns.OfService,
                Kind.OfBusyPoll,
                Kind.OfPin,
                Kind.OfDuration,
                Kind.Size,
                Kind.OfNumber,
                Kind.OneOf,
                Rates.OfPercent,
                Rates.OfRate,
                Words.OfAddress,
                Words.OfBoolean,
                Words.OfPath,
                Words.OfSecret,
                Words.Word {
    /**
     * Reads a value.
     *
     * @throws IllegalArgumentException with the text, what is wrong with it and what would be right, to be put behind the
     *     setting's name
     */
    T read(String text);

    /** The value as one would type it. */
    String write(T value);

    /** Which values are allowed, in words: {@code 0, or 1ms to 30d}. */
    String range();

    /** What is expected, in words: {@code a duration: 0, or 1ms to 30d}. */
    String expected();

    /** What stands for a value in a usage text: {@code DURATION}. */
    String label();

    Class<T> type();

    /** Whether a value is text, which may look like anything: a file has it in quotes where it looks like something else. */
    default boolean isText() {
        return false;
    }

    /**
     * A duration with its unit.
     *
     * @param zero whether 0 is allowed as well
     * @param bareUnit the unit of numbers without one; empty: they need one
     * @param whole what it is a multiple of
     */
    record OfDuration(Duration min, Duration max, boolean zero, String bareUnit, Duration whole)
            implements Kind<Duration> {
        private static final Duration SECOND = Duration.ofSeconds(1);

        public OfDuration(Duration min, Duration max) {
            this(min, max, false, "", Duration.ofNanos(1));
        }

        /** The same, or 0. */
        public OfDuration orZero() {
            return new OfDuration(min, max, true, bareUnit, whole);
        }

        /** The same, and a number without a unit is one of these. */
        public OfDuration bare(String unit) {
            return new OfDuration(min, max, zero, unit, whole);
        }

        /** The same, in whole seconds only. */
        public OfDuration inSeconds() {
            return new OfDuration(min, max, zero, bareUnit, SECOND);
        }

        @Override
        public Duration read(String text) {
            Duration value = Units.parseDuration(text, bareUnit);
            if (value.isZero() ? !zero : value.compareTo(min) < 0 || value.compareTo(max) > 0) {
                throw outOfRange(text, this);
            }
            if (whole.equals(SECOND) && !value.equals(Duration.ofSeconds(value.toSeconds()))) {
                throw new IllegalArgumentException("'" + text + "' is not in whole seconds: " + range());
            }
            return value;
        }

        @Override
        public String write(Duration value) {
            return Units.format(value);
        }

        @Override
        public String range() {
            return (zero ? "0, or " : "") + Units.format(min) + " to " + Units.format(max);
        }

        @Override
        public String expected() {
            return "a duration: " + range();
        }

        @Override
        public String label() {
            return "DURATION";
        }

        @Override
        public Class<Duration> type() {
            return Duration.class;
        }
    }

    /**
     * How long to spin, or that the loop finds out.
     *
     * @param time the durations that are allowed
     */
    record OfBusyPoll(OfDuration time) implements Kind<BusyPoll> {
        public static final String AUTO = BusyPoll.AUTO.toString();

        @Override
        public BusyPoll read(String text) {
            if (text.equals(AUTO)) {
                return BusyPoll.AUTO;
            }
            try {
                return BusyPoll.fixed(time.read(text));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(e.getMessage() + "; or " + AUTO, e);
            }
        }

        @Override
        public String write(BusyPoll value) {
            return value.auto() ? AUTO : time.write(value.most());
        }

        @Override
        public String range() {
            return AUTO + ", " + time.range();
        }

        @Override
        public String expected() {
            return AUTO + ", or " + time.expected();
        }

        @Override
        public String label() {
            return AUTO + "|" + time.label();
        }

        @Override
        public Class<BusyPoll> type() {
            return BusyPoll.class;
        }
    }

    /** Which CPU each loop runs on. */
    record OfPin() implements Kind<Pin> {
        @Override
        public Pin read(String text) {
            if (text.equals(Pin.OFF.toString())) {
                return Pin.OFF;
            }
            if (text.equals(Pin.AUTO.toString())) {
                return Pin.AUTO;
            }
            List<Integer> cpus;
            try {
                cpus = CpuList.parse(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(e.getMessage() + "; or " + Pin.AUTO + ", " + Pin.OFF, e);
            }
            return Pin.to(cpus); // who has come so far meant a list
        }

        @Override
        public String write(Pin value) {
            return value.toString();
        }

        @Override
        public String range() {
            return Pin.AUTO + ", " + Pin.OFF + ", or CPUs such as 0,2-3";
        }

        @Override
        public String expected() {
            return range();
        }

        @Override
        public String label() {
            return Pin.AUTO + "|" + Pin.OFF + "|CPUS";
        }

        @Override
        public Class<Pin> type() {
            return Pin.class;
        }
    }

    /** Bytes, with or without a unit. */
    sealed interface Size<T extends Number> extends Kind<T> permits OfSize, OfLongSize {
        long min();

        long max();

        /** The bytes of a text that names some, within the range. */
        default long bytes(String text) {
            long value = Units.parseSize(text);
            if (value < min() || value > max()) {
                throw outOfRange(text, this);
            }
            return value;
        }

        @Override
        default String write(T value) {
            return Units.formatSize(value.longValue()).replace(" ", "");
        }

        @Override
        default String range() {
            return Units.formatSize(min()) + " to " + Units.formatSize(max());
        }

        @Override
        default String expected() {
            return "a size: " + range();
        }

        @Override
        default String label() {
            return "SIZE";
        }
    }

    /** A size that an int holds, as its range says. */
    record OfSize(long min, long max) implements Size<Integer> {
        @Override
        public Integer read(String text) {
            return Math.toIntExact(bytes(text));
        }

        @Override
        public Class<Integer> type() {
            return Integer.class;
        }
    }

    /** A size that may be more than an int holds. */
    record OfLongSize(long min, long max) implements Size<Long> {
        @Override
        public Long read(String text) {
            return bytes(text);
        }

        @Override
        public Class<Long> type() {
            return Long.class;
        }
    }

    /** A whole number. */
    record OfNumber(int min, int max) implements Kind<Integer> {
        @Override
        public Integer read(String text) {
            int value;
            try {
                value = Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("'" + text + "' is not a whole number of " + range(), e);
            }
            if (value < min || value > max) {
                throw outOfRange(text, this);
            }
            return value;
        }

        @Override
        public String write(Integer value) {
            return Integer.toString(value);
        }

        @Override
        public String range() {
            return min + " to " + max;
        }

        @Override
        public String expected() {
            return "a whole number of " + range();
        }

        @Override
        public String label() {
            return "N";
        }

        @Override
        public Class<Integer> type() {
            return Integer.class;
        }
    }

    /** The path of a unix socket; or nothing, which is none. */
    record OfSocketPath() implements Words.Word {
        @Override
        public String read(String text) {
            if (text.isEmpty()) {
                return text;
            }
            if (text.startsWith("@") || text.startsWith("unix:")) {
                throw new IllegalArgumentException(
                        "'" + text + "' is not " + range() + ", such as /run/sluice/takeover.sock");
            }
            try {
                EndpointAddress.checkPath(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("'" + text + "': " + e.getMessage(), e);
            }
            return text;
        }

        @Override
        public String range() {
            return "a path of at most " + EndpointAddress.MAX_UNIX_PATH + " bytes";
        }

        @Override
        public String expected() {
            return range();
        }

        @Override
        public String label() {
            return "PATH";
        }
    }

    /** One of an enum's values, each by its {@code toString}. */
    record OneOf<E extends Enum<E>>(Class<E> type) implements Kind<E> {
        @Override
        public E read(String text) {
            for (E value : type.getEnumConstants()) {
                if (value.toString().equals(text)) {
                    return value;
                }
            }
            throw new IllegalArgumentException("'" + text + "' is not one of " + range());
        }

        @Override
        public String write(E value) {
            return value.toString();
        }

        @Override
        public String range() {
            return names(", ");
        }

        @Override
        public String expected() {
            return "one of " + range();
        }

        @Override
        public String label() {
            return names("|");
        }

        private String names(String separator) {
            return Arrays.stream(type.getEnumConstants()).map(Enum::toString).collect(Collectors.joining(separator));
        }
    }

    private static IllegalArgumentException outOfRange(String text, Kind<?> kind) {
        return new IllegalArgumentException("'" + text + "' is out of range: " + kind.range());
    }
}
