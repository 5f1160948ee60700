package dev.sluice.cli.bench.load;

import java.util.HashMap;
import java.util.Map;

/** Lines of {@code key=value}, between the processes of a benchmark. */
final class Words {
    private final Map<String, String> values = new HashMap<>();

    /** @throws IllegalArgumentException for a word without an equals sign */
    Words(String line) {
        for (String word : line.strip().split(" +", -1)) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("'" + word + "' is not key=value");
            }
            values.put(word.substring(0, equals), word.substring(equals + 1));
        }
    }

    String text(String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no " + key);
        }
        return value;
    }

    long number(String key) {
        return Long.parseLong(text(key));
    }
}
