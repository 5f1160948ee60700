package dev.sluice.proxy.loop;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many loops of this process may spin at the same time. One that would be too many sleeps: whoever it waits for needs a processor.
 * Any thread may use it.
 */
public final class SpinPermits {
    private final AtomicInteger free;
    private final boolean counted;
    private volatile boolean withheld;

    /**
     * @param atOnce how many may spin at the same time, 0 = none
     * @param loops how many there are
     */
    public SpinPermits(int atOnce, int loops) {
        free = new AtomicInteger(atOnce);
        counted = atOnce < loops;
    }

    /** None spins until this is taken back. */
    public void withhold(boolean on) {
        withheld = on;
    }

    /** Whether a loop may spin now. Then it must give back. */
    boolean take() {
        if (withheld) {
            return false;
        }
        if (!counted) {
            return true;
        }
        int now = free.get();
        return now > 0 && free.compareAndSet(now, now - 1); // who is beaten to it sleeps
    }

    void giveBack() {
        if (counted) {
            free.incrementAndGet();
        }
    }
}
