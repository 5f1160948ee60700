package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;

/** Members of what a proxy has answered, as cells of a table. One that is not there, or is not known, is a dash. */
public final class Cells {
    public static final String NONE = "-";

    private static final double NANOS_PER_MILLI = 1_000_000;
    private static final int NANOS_PER_MICRO = 1000;

    private Cells() {}

    /** Text, escaped. */
    public static String text(JsonObject of, String name) {
        return of.get(name) instanceof String text && !text.isEmpty() ? OneLine.of(text) : NONE;
    }

    public static String yesOrNo(JsonObject of, String name) {
        return of.get(name) instanceof Boolean flag ? flag ? "yes" : "no" : NONE;
    }

    /** A whole number. */
    public static String count(JsonObject of, String name) {
        return of.get(name) instanceof Number number ? Long.toString(number.longValue()) : NONE;
    }

    /** Of bytes. */
    public static String size(JsonObject of, String name) {
        return of.get(name) instanceof Number number ? Units.approximateSize(number.longValue()) : NONE;
    }

    /** Of milliseconds. */
    public static String millis(JsonObject of, String name) {
        return of.get(name) instanceof Number number ? nanos(number.doubleValue() * NANOS_PER_MILLI) : NONE;
    }

    /** Of microseconds. */
    public static String micros(JsonObject of, String name) {
        return of.get(name) instanceof Number number ? nanos(number.doubleValue() * NANOS_PER_MICRO) : NONE;
    }

    /** Of 1. */
    public static String percent(JsonObject of, String name) {
        return of.get(name) instanceof Number number
                ? String.format(Locale.ROOT, "%.0f%%", 100 * number.doubleValue())
                : NONE;
    }

    /** How long a session has lived. */
    public static String age(JsonObject session) {
        return duration(session, "duration_ms");
    }

    /** For how long a service still accepts that was told to drain. */
    public static String drainsIn(JsonObject status) {
        return duration(status, "drains_in_ms");
    }

    /** After how long a service that drains cuts what is left, in whole seconds. */
    public static String drainLeft(JsonObject status) {
        return status.get("drain_left_ms") instanceof Number number
                ? Units.approximate(Duration.ofSeconds(number.longValue() / 1000))
                : NONE;
    }

    private static String duration(JsonObject of, String millis) {
        return of.get(millis) instanceof Number number
                ? Units.approximate(Duration.ofMillis(number.longValue()))
                : NONE;
    }

    /** How long ago a moment was. */
    public static String ago(JsonObject of, String name, Instant now) {
        if (!(of.get(name) instanceof String text)) {
            return NONE;
        }
        try {
            long seconds = Duration.between(Instant.parse(text), now).toSeconds();
            return seconds <= 0 ? "0s" : Units.approximate(Duration.ofSeconds(seconds));
        } catch (DateTimeParseException e) {
            return NONE;
        }
    }

    private static String nanos(double nanos) {
        return Units.approximate(Duration.ofNanos((long) nanos));
    }
}
