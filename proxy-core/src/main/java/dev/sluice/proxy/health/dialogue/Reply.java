package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;

/** What a dialogue wants next. */
public sealed interface Reply {
    /** More is to be heard first. */
    record Wait() implements Reply {}

    /** These bytes are sent. */
    record Say(Bytes bytes) implements Reply {}

    /**
     * It is over.
     *
     * @param farewell is sent before the end, if there is room for it
     */
    record Done(Verdict verdict, Bytes farewell, Leave leave) implements Reply {}

    /** How a connection is left. */
    enum Leave {
        /** At once, with a reset. */
        RESET,
        /** With a FIN, and what the server still says is heard, so that it is not answered with a reset. */
        FINISH,
        /** The server ends it. */
        LISTEN
    }

    Reply WAIT = new Wait();

    /** The end, with a FIN, and nothing before it. */
    static Done done(Verdict verdict) {
        return new Done(verdict, Bytes.NONE, Leave.FINISH);
    }
}
