package dev.sluice.cli.log;

import java.util.Locale;

/** What the access log looks like. */
public enum LogFormat {
    TEXT,
    JSON,
    OFF;

    /** The name that people type: lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
