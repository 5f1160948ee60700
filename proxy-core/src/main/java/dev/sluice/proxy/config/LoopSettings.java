package dev.sluice.proxy.config;

/**
 * The event loops of a proxy; they cannot change while it runs.
 *
 * @param threads loops, 1 … 256
 * @param busyPoll what a loop does before it sleeps
 */
public record LoopSettings(int threads, BusyPoll busyPoll) {
    public static final int MAX_THREADS = 256;

    public LoopSettings {
        Checks.range("threads", threads, 1, MAX_THREADS);
    }

    /** Loops that sleep at once. */
    public static LoopSettings of(int threads) {
        return new LoopSettings(threads, BusyPoll.OFF);
    }
}
