package dev.sluice.proxy.loop;

import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import org.jspecify.annotations.Nullable;

/** Looks for events again and again before a loop sleeps; of one that has nothing to do, a processor of its own is all that this costs. */
final class Spinner {
    private final Kernel kernel;
    private final int epoll;
    private final EpollEvents events;
    private final LoopStats stats;
    private final long nanos;
    private final @Nullable SpinPermits permits;
    /** Of a loop that learns, as are the permits. */
    private final @Nullable SpinBudget budget;

    private long until;

    Spinner(Kernel kernel, int epoll, EpollEvents events, LoopStats stats, Spin spin, long now) {
        this.kernel = kernel;
        this.epoll = epoll;
        this.events = events;
        this.stats = stats;
        nanos = spin.nanos();
        permits = spin.permits();
        budget = permits == null ? null : new SpinBudget(nanos, now);
        until = now;
    }

    /**
     * Spins if it is time for that.
     *
     * @param now when the loop had last looked at the clock
     * @return how many events there are, 0 = none: now it is time to sleep
     */
    int spin(long now) {
        until = now;
        if (budget == null || permits == null) {
            return spin(System.nanoTime(), nanos);
        }
        if (!budget.isTrying()) {
            return 0;
        }
        int count = kernel.epollWait(epoll, events, 0);
        if (count > 0) {
            return count; // a busy loop finds them here, and never looks at the clock
        }
        long from = System.nanoTime();
        until = from;
        long length = budget.length(from);
        if (length == 0 || !permits.take()) {
            return 0;
        }
        count = spin(from, length);
        permits.giveBack();
        if (count > 0) {
            budget.hit();
        } else {
            budget.missed(until - from);
        }
        return count;
    }

    private int spin(long from, long length) {
        int count;
        do {
            count = kernel.epollWait(epoll, events, 0);
            until = System.nanoTime();
            if (count > 0) {
                stats.increment(Counter.SPIN_HITS);
                stats.add(Counter.SPIN_HIT_NANOS, until - from);
                return count;
            }
            Thread.onSpinWait();
        } while (until - from < length);
        stats.increment(Counter.SPIN_MISSES);
        stats.add(Counter.SPIN_MISS_NANOS, until - from);
        return 0;
    }

    /** The clock when it had last been looked at. */
    long until() {
        return until;
    }

    /**
     * Events have come, or a timer is due.
     *
     * @param time since those before them had, nanoseconds
     */
    void waited(long time) {
        if (budget != null) {
            budget.waited(time);
        }
    }
}
