package dev.sluice.cli.names;

import java.net.UnknownHostException;
import java.time.Duration;

/** A name that has not become addresses. The message is one sentence for people, which tells which server said what. */
public final class LookupException extends UnknownHostException {
    private static final long serialVersionUID = 1;

    /** What is known of the name. */
    public enum Reason {
        /** It does not exist (NXDOMAIN), or cannot: it is no name. */
        NO_SUCH_NAME,
        /** It exists and has no record of the kind asked for (NODATA), or says that there is no such service. */
        NO_RECORDS,
        /** Nothing: no server answered, or none in a way that can be used. What was known before may still be true. */
        NO_ANSWER
    }

    private final Reason reason;
    private final Duration askAgain;

    LookupException(Reason reason, Duration askAgain, String message) {
        super(message);
        this.reason = reason;
        this.askAgain = askAgain;
    }

    public Reason reason() {
        return reason;
    }

    /** Whether servers have said that there is nothing, so that what was known before is no longer true. */
    public boolean absent() {
        return reason != Reason.NO_ANSWER;
    }

    /**
     * How soon to ask again: for what is absent, the time that the zone gives for that (the SOA's, RFC 2308, 5), else the shortest;
     * within the settings' bounds.
     */
    public Duration askAgain() {
        return askAgain;
    }
}
