package dev.sluice.tests.testkit;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the access log as text.
 *
 * @param text the line
 * @param fields what it says
 */
public record AccessLine(String text, Map<String, String> fields) {

    public static AccessLine parse(String line) {
        Map<String, String> fields = new HashMap<>();
        String[] words = line.split(" ", -1);
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals <= 0) {
                throw new AssertionError("not KEY=VALUE: '" + words[i] + "' in: " + line);
            }
            if (fields.put(words[i].substring(0, equals), words[i].substring(equals + 1)) != null) {
                throw new AssertionError("twice: '" + words[i] + "' in: " + line);
            }
        }
        return new AccessLine(line, fields);
    }

    public String field(String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new AssertionError("no " + name + " in: " + text);
        }
        return value;
    }

    /** Who ended it, and how: {@code client fin}. */
    public String end() {
        return field("who") + " " + field("cause");
    }

    /** The name of the errno, null when there is none. */
    @Nullable
    public String error() {
        String name = field("error");
        return name.equals("-") ? null : name;
    }

    /** Bytes from the client to the upstream. */
    public long up() {
        return Long.parseLong(field("up"));
    }

    /** Bytes from the upstream to the client. */
    public long down() {
        return Long.parseLong(field("down"));
    }

    public double durationMillis() {
        return Double.parseDouble(field("duration_ms"));
    }
}
