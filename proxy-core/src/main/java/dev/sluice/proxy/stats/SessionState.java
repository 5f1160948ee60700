package dev.sluice.proxy.stats;

import java.util.Locale;

/** How far a live session is. */
public enum SessionState {
    /** Accepted, and not connected to an upstream yet. */
    ARRIVING,
    /** Bytes cross both ways. */
    RELAYING,
    /** One direction has ended. */
    HALF_CLOSED,
    /** A side is broken; what it had sent is being delivered. */
    BREAKING,
    /** The last bytes were given to the other side's socket, which must still send them. */
    FLUSHING;

    /** For people and programs: lower case with dashes. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
