package dev.sluice.cli.bench.result;

import java.util.LinkedHashMap;
import java.util.Map;

/** Under which circumstances was measured: names and values, in order. */
public final class Header {
    private final Map<String, String> facts = new LinkedHashMap<>();

    /** Adds one. */
    public Header with(String name, String value) {
        facts.put(name, value);
        return this;
    }

    /** All, in order. */
    public Map<String, String> facts() {
        return new LinkedHashMap<>(facts);
    }
}
