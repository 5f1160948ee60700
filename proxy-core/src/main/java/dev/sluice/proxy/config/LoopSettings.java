package dev.sluice.proxy.config;

/**
 * The event loops of a proxy; they cannot change while it runs.
 *
 * @param threads loops, 1 … 256
 * @param busyPoll what a loop does before it sleeps
 * @param pin which CPUs they run on; where it names any, one for each loop at least
 */
public record LoopSettings(int threads, BusyPoll busyPoll, Pin pin) {
    public static final int MAX_THREADS = 256;

    public LoopSettings {
        Checks.range("threads", threads, 1, MAX_THREADS);
        if (!pin.suits(threads)) {
            throw new IllegalArgumentException("pin " + pin + " has fewer CPUs than there are threads, " + threads);
        }
    }

    /** Loops that sleep at once, and run anywhere. */
    public static LoopSettings of(int threads) {
        return new LoopSettings(threads, BusyPoll.OFF, Pin.OFF);
    }
}
