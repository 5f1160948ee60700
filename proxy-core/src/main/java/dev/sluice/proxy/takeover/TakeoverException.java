package dev.sluice.proxy.takeover;

import java.io.IOException;

/** A takeover that came to nothing. The message is one line for people, and goes on from what was tried. */
public final class TakeoverException extends IOException {
    private static final long serialVersionUID = 1;

    /** Why. */
    public enum Reason {
        /** The other side, or this one, does not want to, and has said so. */
        REFUSED,
        /** The other side has gone. */
        ENDED,
        /** The other side was silent for too long. */
        LATE,
        /** The other side sent what is not part of the protocol. */
        NONSENSE,
        /** This process is stopping. */
        STOPPED,
        /** The system has refused something. */
        FAILED
    }

    private final Reason reason;

    public TakeoverException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
