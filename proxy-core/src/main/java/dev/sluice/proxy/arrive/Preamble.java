package dev.sluice.proxy.arrive;

import java.lang.foreign.MemorySegment;

/**
 * What is looked for in the first bytes of a client before it is connected to anything. They are only looked at, and stay in the stream
 * (MSG_PEEK, recv(2)), unless the step that follows takes them out. One for all connections: it remembers nothing of any.
 */
public interface Preamble {
    /** The longest that any of them ever looks at, bytes. */
    int LONGEST = 512;

    /** Of PostgreSQL's CancelRequest, which goes to every endpoint of its upstream. */
    Preamble POSTGRES_CANCEL = new PostgresCancel();

    /** How long the client has for it, nanoseconds, > 0. One that has not sent enough by then is ended as idle. */
    long timeoutNanos();

    /**
     * Looks at all that the client has sent so far.
     *
     * @param bytes valid during the call
     * @param count how many there are, ≥ 0, up to {@link #LONGEST}
     */
    Step look(MemorySegment bytes, int count);

    /** What is done next. */
    sealed interface Step {
        /** It is connected like any other. */
        Step CONNECT = new Connect();

        /** That cannot be said yet: it is looked at again when there is more. One that ends before is connected like any other. */
        Step MORE = new More();

        record Connect() implements Step {}

        record More() implements Step {}

        /** So many bytes, all of which are there, are taken out of the stream and given to every endpoint of the upstream; there is no session. */
        record Everywhere(int bytes) implements Step {}
    }
}
