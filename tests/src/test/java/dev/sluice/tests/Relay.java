package dev.sluice.tests;

import java.util.Locale;

/** How bytes are to cross. Whatever a user can see must not depend on it. */
enum Relay {
    SPLICE,
    COPY,
    AUTO;

    /** The value of {@code --relay}, and of the access log's field. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
