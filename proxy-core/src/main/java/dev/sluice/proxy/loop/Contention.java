package dev.sluice.proxy.loop;

import java.util.function.LongSupplier;

/**
 * Whether others want the processor that a loop spins on: then it has to wait for one itself, and whoever it waits for may as well. It goes
 * by how long it had to wait, for which it asks now and then.
 *
 * <p>Only while it spins does that tell anything: a thread that sleeps is often woken where its waker still runs, and waits for that.
 */
final class Contention {
    /** How long it goes by what it has seen. */
    static final long WINDOW_NANOS = 100_000_000;

    /** Who has paused for longer begins anew. */
    static final long STALE_NANOS = 300_000_000;

    /** Of the time, for which a loop may have had to wait for a processor: one in so many parts. */
    static final int SHARE = 5;

    private final LongSupplier delay;
    private boolean begun;
    private long at;
    private long last;

    /**
     * @param delay how long the calling thread has been ready to run and did not, since ever, nanoseconds; −1 where that is not known, and
     *     then nothing is ever contended
     */
    Contention(LongSupplier delay) {
        this.delay = delay;
    }

    /**
     * It is about to spin. Once it has been told that somebody else wants the processor, it begins anew.
     *
     * @param now the clock's
     */
    boolean isFelt(long now) {
        long passed = now - at;
        if (begun && passed < WINDOW_NANOS) {
            return false;
        }
        long waited = delay.getAsLong();
        boolean felt = begun && passed <= STALE_NANOS && waited - last > passed / SHARE;
        begun = !felt;
        at = now;
        last = waited;
        return felt;
    }
}
