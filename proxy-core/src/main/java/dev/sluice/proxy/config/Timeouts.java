package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * How long a listener's connections may wait, for what.
 *
 * @param connect for each attempt to connect to an endpoint, 1 ms … 1 day
 * @param connectDeadline for all attempts together, waiting for descriptors and backlogs included, 1 ms … 1 day
 * @param idle a session without a byte in either direction for this long ends; 0 = never
 * @param halfClose once one direction has ended, the other may be silent for this long, 1 ms … 30 days; every byte restarts it;
 *     0 = as long as the idle timeout
 * @param maxAge a session ends when it is so old, give or take a tenth, so that not all end at once, 1 s … 30 days; 0 = never
 */
public record Timeouts(Duration connect, Duration connectDeadline, Duration idle, Duration halfClose, Duration maxAge) {

    /** The shortest age at which a session can be ended. */
    public static final Duration MIN_AGE = Duration.ofSeconds(1);

    /** The shortest that a timeout can be, other than none. */
    public static final Duration MIN = Duration.ofMillis(1);

    /** The longest that {@code connect} and {@code connectDeadline} can be. */
    public static final Duration MAX_CONNECT = Duration.ofDays(1);

    /** The longest that the others can be. */
    public static final Duration MAX = Duration.ofDays(30);

    public static final Timeouts DEFAULTS = new Timeouts(
            Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofHours(1), Duration.ofSeconds(30), Duration.ZERO);

    public Timeouts {
        Checks.duration("connect-timeout", connect, MIN, MAX_CONNECT);
        Checks.duration("connect-deadline", connectDeadline, MIN, MAX_CONNECT);
        Checks.durationOrZero("idle-timeout", idle, MIN, MAX);
        Checks.durationOrZero("half-close-timeout", halfClose, MIN, MAX);
        Checks.durationOrZero("max-session-age", maxAge, MIN_AGE, MAX);
    }

    /** With another timeout of each attempt, and a deadline of all attempts that leaves room for one. */
    public Timeouts withConnect(Duration timeout) {
        Duration deadline = timeout.compareTo(connectDeadline) > 0 ? timeout : connectDeadline;
        return new Timeouts(timeout, deadline, idle, halfClose, maxAge);
    }

    public Timeouts withConnectDeadline(Duration deadline) {
        return new Timeouts(connect, deadline, idle, halfClose, maxAge);
    }

    public Timeouts withIdle(Duration timeout) {
        return new Timeouts(connect, connectDeadline, timeout, halfClose, maxAge);
    }

    public Timeouts withHalfClose(Duration timeout) {
        return new Timeouts(connect, connectDeadline, idle, timeout, maxAge);
    }

    public Timeouts withMaxAge(Duration age) {
        return new Timeouts(connect, connectDeadline, idle, halfClose, age);
    }

    /** What {@code halfClose} means: itself, or the idle timeout. */
    public Duration effectiveHalfClose() {
        return halfClose.isZero() ? idle : halfClose;
    }
}
