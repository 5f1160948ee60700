package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * The event loops of a proxy; they cannot change while it runs.
 *
 * @param threads loops, 1 … 256
 * @param busyPoll how long a loop spins on epoll_wait(2) before it sleeps, 1 µs … 1 s; 0 = sleeps at once
 */
public record LoopSettings(int threads, Duration busyPoll) {
    public static final int MAX_THREADS = 256;

    /** The shortest that a loop can spin, other than not at all. */
    public static final Duration MIN_BUSY_POLL = Duration.ofNanos(1000);

    /** The longest that a loop can spin. */
    public static final Duration MAX_BUSY_POLL = Duration.ofSeconds(1);

    public LoopSettings {
        Checks.range("threads", threads, 1, MAX_THREADS);
        Checks.durationOrZero("busy-poll", busyPoll, MIN_BUSY_POLL, MAX_BUSY_POLL);
    }

    /** Loops that sleep at once. */
    public static LoopSettings of(int threads) {
        return new LoopSettings(threads, Duration.ZERO);
    }
}
