package dev.sluice.tests.testkit;

import java.util.Locale;

/** How bytes are to cross. Whatever a user can see must not depend on it. */
public enum Relay {
    SPLICE,
    COPY,
    AUTO;

    /** The value of {@code --relay}, and of the access log's field. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
