package dev.sluice.proxy.config;

import java.util.Locale;

/** What somebody has set an endpoint to by hand. It is no part of a configuration, and stays when another one is applied. */
public enum AdminState {
    /** Nothing: checks decide. */
    NONE,
    /** Up, whatever checks say. */
    UP,
    /** Gets no new sessions. */
    DOWN,
    /** Gets no new sessions, and those that it has may end by themselves. */
    DRAIN;

    /** In lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
