package dev.sluice.cli.bench.load;

import java.util.Locale;

/** The kinds of traffic. The byte that a client sends first tells the server which it is. */
public enum Kind {
    /** The server sends as fast as it can. */
    BULK_DOWN('d'),
    /** The client sends as fast as it can. */
    BULK_UP('u'),
    /** Both send as fast as they can. */
    BULK_BOTH('b'),
    /** Requests of a size, answered by as many bytes. */
    PING('e'),
    /** Connect, one byte there and back, reset, and again. */
    CHURN('e'),
    /** Sessions that are open and silent. */
    IDLE('e'),
    /** Requests beside streams that the server sends; both are what their own kinds are. */
    MIXED('e');

    private final byte mode;

    Kind(char mode) {
        this.mode = (byte) mode;
    }

    byte mode() {
        return mode;
    }

    public boolean isBulk() {
        return this == BULK_DOWN || this == BULK_UP || this == BULK_BOTH;
    }

    /** Whether the client sends as fast as it can. */
    boolean clientSends() {
        return this == BULK_UP || this == BULK_BOTH;
    }

    /** Whether the server sends as fast as it can. */
    boolean serverSends() {
        return this == BULK_DOWN || this == BULK_BOTH;
    }

    /** The name that people type: lower case, with a hyphen. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
