package dev.sluice.proxy.stats;

/** What is told of a session: that it has begun, if that is asked for; from time to time that it lives, if that is asked for; and its end. */
public sealed interface SessionReport permits SessionReport.Start, SessionReport.Interval, SessionEnd {
    /** What is known of it. */
    SessionSnapshot session();

    /** It is connected to an endpoint. */
    record Start(SessionSnapshot session) implements SessionReport {}

    /** It lives. */
    record Interval(SessionSnapshot session) implements SessionReport {}
}
