package dev.sluice.proxy.config;

import java.util.Locale;

/** How the endpoint of a new session is chosen. */
public enum Balance {
    /** One after the other, each as often as its weight says, and evenly spread. */
    ROUND_ROBIN,
    /** The one with the fewest sessions for its weight. */
    LEAST_SESSIONS,
    /** Of two that are drawn by weight, the one with fewer sessions for its weight. */
    RANDOM_TWO,
    /** By the client's address without its port: the same client comes to the same endpoint as long as that takes sessions. */
    SOURCE_HASH;

    /** The name that people type: lower case with dashes. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
