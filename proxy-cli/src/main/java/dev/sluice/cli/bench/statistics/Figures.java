package dev.sluice.cli.bench.statistics;

import java.util.Locale;

/** Numbers for people: three digits that count, and thousands apart. */
public final class Figures {
    private Figures() {}

    /** Three digits that count: {@code 0.123}, {@code 12.3}, {@code 12 345}. */
    public static String of(double value) {
        double size = Math.abs(value);
        if (size >= 1000) {
            return String.format(Locale.ROOT, "%,.0f", value).replace(',', ' ');
        }
        String format =
                size == 0 ? "%.0f" : size >= 99.95 ? "%.0f" : size >= 9.995 ? "%.1f" : size >= 0.9995 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    /** {@code 0.66}. */
    public static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /** A round number without needless zeros: {@code 0.2}, {@code 5}, {@code 20 000}. */
    public static String plain(double value) {
        if (value >= 1000 || value == Math.rint(value)) {
            return String.format(Locale.ROOT, "%,.0f", value).replace(',', ' ');
        }
        return new java.math.BigDecimal(value)
                .round(new java.math.MathContext(2))
                .stripTrailingZeros()
                .toPlainString();
    }
}
