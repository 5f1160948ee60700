package dev.sluice.proxy.loop;

import dev.sluice.linux.Kernel;

/**
 * One spare descriptor, so that who was accepted with the last free one can still be connected to an upstream. As long as it
 * is spent, nobody else is accepted: the clients wait in the backlog, rather than being taken in and turned away.
 *
 * <p>From any thread: descriptors run out for the process as a whole.
 */
public final class DescriptorBudget {
    private static final int NONE = -1;

    private volatile int spare = NONE;

    /** Nothing is held yet. */
    public DescriptorBudget() {}

    /**
     * Sees to it that the spare is there.
     *
     * @param kernel the calling thread's
     * @return 0, or the −errno with which it could not be had
     */
    public int hold(Kernel kernel) {
        return spare != NONE ? 0 : acquire(kernel);
    }

    private synchronized int acquire(Kernel kernel) {
        if (spare == NONE) {
            int fd = kernel.eventfd();
            if (fd < 0) {
                return fd;
            }
            spare = fd;
        }
        return 0;
    }

    /**
     * Frees the spare for the caller's next descriptor.
     *
     * @return whether it was there
     */
    public synchronized boolean spend(Kernel kernel) {
        if (spare == NONE) {
            return false;
        }
        kernel.close(spare);
        spare = NONE;
        return true;
    }
}
