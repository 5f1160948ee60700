package dev.sluice.proxy.stats;

import org.jspecify.annotations.Nullable;

/**
 * Is told what happens. Called on the loops' threads: it must not block and must not throw.
 */
public interface ProxyObserver {
    /** A session has ended and its descriptors are closed. */
    void sessionEnded(SessionEnd end);

    /**
     * A session begins to relay: an endpoint is connected to.
     *
     * @param upstream the name of its upstream, null for one that has none
     * @param micros since the accept, with all attempts and waits
     */
    default void sessionConnected(@Nullable String upstream, long micros) {}

    /** A session has begun or lives still: only of listeners that are to tell so. */
    default void sessionReported(SessionReport report) {}

    /** Something an operator should know, at most once in ten seconds of each kind and loop; one line, fit for a log. */
    void warning(String text);

    /**
     * Whether the end of a session is to be told with what the kernel has measured of the upstream's connection, which costs a system call
     * then. It is asked each time.
     */
    default boolean wantsTcpInfo() {
        return false;
    }

    /** Whether the loops are to time their turns ({@link LoopStats#turnTimes}). It is asked when one is made. */
    default boolean wantsTurnTimes() {
        return false;
    }

    /**
     * An endpoint is up, down or draining now. One that changes all the time is told of at most five times a minute.
     */
    default void endpointChanged(EndpointChange change) {}

    /** A listener listens no more, since its upstream has nobody, or again. One that changes all the time is told of every two seconds. */
    default void listenerChanged(ListenerChange change) {}

    /**
     * An upstream has other endpoints, though its configuration is the same. One that changes all the time is told of every ten seconds.
     */
    default void membersChanged(MembersChange change) {}
}
