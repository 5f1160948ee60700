package dev.sluice.proxy.config;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Range checks that name the setting, the value and the range. */
final class Checks {
    private Checks() {}

    static void duration(String what, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(what + " is out of range: " + min + " to " + max + ", not " + value);
        }
    }

    static void durationOrZero(String what, Duration value, Duration min, Duration max) {
        if (!value.isZero()) {
            duration(what, value, min, max);
        }
    }

    static void range(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " is out of range: " + min + " to " + max + ", not " + value);
        }
    }

    /** For a text that goes into a message: what is not visible ASCII or a space is shown as its number. */
    static String escape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c >= ' ' && c < 0x7f ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return out.toString();
    }

    /** A text of 1 to so many bytes in UTF-8 that C can hold. */
    static void text(String what, String text, int most) {
        range(what + ": its length", text.getBytes(StandardCharsets.UTF_8).length, 1, most);
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + " has a NUL in it: '" + escape(text) + "'");
        }
    }

    static void wholeSeconds(String what, Duration value) {
        if (!value.equals(Duration.ofSeconds(value.toSeconds()))) {
            throw new IllegalArgumentException(what + " is not in whole seconds: " + value);
        }
    }
}
