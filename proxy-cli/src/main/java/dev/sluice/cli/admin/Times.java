package dev.sluice.cli.admin;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/** Moments as JSON has them. */
final class Times {
    private static final DateTimeFormatter FORMAT =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    private Times() {}

    /** RFC 3339 in UTC, always with three digits of a second, as in the access log: text in the order of time. */
    static String text(long unixMillis) {
        return FORMAT.format(Instant.ofEpochMilli(unixMillis));
    }
}
