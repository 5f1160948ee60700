package dev.sluice.cli.text;

import java.time.Duration;
import java.util.Locale;

/** Durations and sizes as people write them: {@code 5s}, {@code 250ms}, {@code 64KiB}. */
public final class Units {
    private static final String[] TIME_NAMES = {"d", "h", "m", "s", "ms", "us", "ns"};
    private static final long[] TIME_NANOS = {
        86_400_000_000_000L, 3_600_000_000_000L, 60_000_000_000L, 1_000_000_000L, 1_000_000L, 1_000L, 1L
    };
    private static final String[] SIZE_NAMES = {"GiB", "MiB", "KiB", "B"};
    private static final int[] SIZE_SHIFTS = {30, 20, 10, 0};
    private static final String APPROXIMATE_SIZES = "KMGTPE";
    /** Where they stand among the names: below that, one unit tells enough. */
    private static final int SECONDS = 3;

    private Units() {}

    /**
     * Reads a whole number and its unit, d, h, m, s, ms, us or ns, with or without a blank between; 0 needs no unit.
     *
     * @throws IllegalArgumentException with what is wrong and an example
     */
    public static Duration parseDuration(String text) {
        return parseDuration(text, "");
    }

    /** The same, for a setting whose bare numbers are of the unit {@code bare}. */
    public static Duration parseDuration(String text, String bare) {
        int digits = digits(text);
        String unit = text.substring(digits).strip();
        if (unit.isEmpty()) {
            unit = bare;
        }
        if (digits > 0) {
            if (unit.isEmpty() && number(text, digits) == 0) {
                return Duration.ZERO;
            }
            for (int i = 0; i < TIME_NAMES.length; i++) {
                if (TIME_NAMES[i].equals(unit)) {
                    return Duration.ofNanos(multiply(text, number(text, digits), TIME_NANOS[i]));
                }
            }
        }
        throw new IllegalArgumentException(quote(text) + " is not a duration"
                + (digits > 0 && unit.isEmpty() ? ": the unit is missing" : "")
                + " (such as 5s, 250ms, 1h, 0; units: d h m s ms us)");
    }

    /**
     * Reads a whole number of bytes, or one with a unit: B, KiB, MiB or GiB.
     *
     * @throws IllegalArgumentException with what is wrong and an example
     */
    public static long parseSize(String text) {
        int digits = digits(text);
        String unit = text.substring(digits).strip();
        if (digits > 0) {
            for (int i = 0; i < SIZE_NAMES.length; i++) {
                if (SIZE_NAMES[i].equals(unit) || (unit.isEmpty() && SIZE_SHIFTS[i] == 0)) {
                    return multiply(text, number(text, digits), 1L << SIZE_SHIFTS[i]);
                }
            }
        }
        throw new IllegalArgumentException(
                quote(text) + " is not a size (such as 65536, 64KiB, 1MiB; units: B KiB MiB GiB)");
    }

    /** The shortest text without loss, {@code 90s}, that {@link #parseDuration} reads back. */
    public static String format(Duration duration) {
        long nanos = duration.toNanos();
        if (nanos == 0) {
            return "0";
        }
        int i = 0;
        while (nanos % TIME_NANOS[i] != 0) {
            i++;
        }
        return nanos / TIME_NANOS[i] + TIME_NAMES[i];
    }

    /** The shortest text without loss, {@code 256 KiB}, that {@link #parseSize} reads back. */
    public static String formatSize(long bytes) {
        if (bytes == 0) {
            return "0 B";
        }
        int i = 0;
        while (bytes % (1L << SIZE_SHIFTS[i]) != 0) {
            i++;
        }
        return (bytes >> SIZE_SHIFTS[i]) + " " + SIZE_NAMES[i];
    }

    /** What a person wants to know of a size, to two or three digits: {@code 11 KiB}, {@code 1.4 GiB}. */
    public static String approximateSize(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double size = bytes / 1024.0;
        int unit = 0;
        while (size >= 1023.5 && unit < APPROXIMATE_SIZES.length() - 1) {
            size /= 1024;
            unit++;
        }
        boolean tenths = size < (unit == 0 ? 9.95 : 99.95);
        return String.format(Locale.ROOT, tenths ? "%.1f %ciB" : "%.0f %ciB", size, APPROXIMATE_SIZES.charAt(unit));
    }

    /** What a person wants to know of a duration, its first one or two units: {@code 350us}, {@code 42s}, {@code 3h 12m}. */
    public static String approximate(Duration duration) {
        long nanos = duration.toNanos();
        if (nanos == 0) {
            return "0";
        }
        int i = 0;
        while (nanos < TIME_NANOS[i]) {
            i++;
        }
        long whole = nanos / TIME_NANOS[i];
        long rest = i < SECONDS ? nanos % TIME_NANOS[i] / TIME_NANOS[i + 1] : 0;
        return whole + TIME_NAMES[i] + (rest > 0 ? " " + rest + TIME_NAMES[i + 1] : "");
    }

    /** {@code 1 session}, {@code 2 sessions}. */
    public static String counted(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    /** How many characters of the text's start are digits. */
    private static int digits(String text) {
        int i = 0;
        while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
            i++;
        }
        return i;
    }

    private static long number(String text, int digits) {
        try {
            return Long.parseLong(text, 0, digits, 10);
        } catch (NumberFormatException e) {
            throw tooLarge(text);
        }
    }

    private static long multiply(String text, long number, long unit) {
        long high = Math.multiplyHigh(number, unit);
        long low = number * unit;
        if (high != 0 || low < 0) {
            throw tooLarge(text);
        }
        return low;
    }

    private static IllegalArgumentException tooLarge(String text) {
        return new IllegalArgumentException(quote(text) + " is too large a number");
    }

    private static String quote(String text) {
        return "'" + text + "'";
    }
}
