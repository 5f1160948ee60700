package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * Whether a loop spins on epoll_wait(2) before it sleeps.
 *
 * @param auto whether the loop finds out by itself when that pays
 * @param most how long it spins each time, 1 µs … 1 s; with {@code auto}, at most; 0 = sleeps at once
 */
public record BusyPoll(boolean auto, Duration most) {
    /** The shortest that a loop can spin, other than not at all. */
    public static final Duration MIN = Duration.ofNanos(1000);

    /** The longest that a loop can spin. */
    public static final Duration MAX = Duration.ofSeconds(1);

    /** Sleeps at once. */
    public static final BusyPoll OFF = fixed(Duration.ZERO);

    /** Spins when that pays, for 100 µs at most: less often ends just before a client or a server that was asleep has answered. */
    public static final BusyPoll AUTO = new BusyPoll(true, Duration.ofNanos(100_000));

    public BusyPoll {
        Checks.durationOrZero("busy-poll", most, MIN, MAX);
    }

    /** Spins for so long whenever there is nothing to do. */
    public static BusyPoll fixed(Duration time) {
        return new BusyPoll(false, time);
    }

    /** Whether a loop never spins. */
    public boolean isOff() {
        return most.isZero();
    }

    @Override
    public String toString() {
        return auto ? "auto" : most.toString();
    }
}
