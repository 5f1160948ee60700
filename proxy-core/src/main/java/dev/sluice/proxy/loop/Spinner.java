package dev.sluice.proxy.loop;

import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import org.jspecify.annotations.Nullable;

/** Looks for events again and again before a loop sleeps; of one that has nothing to do, a processor of its own is all that this costs. */
final class Spinner implements AutoCloseable {
    private final Kernel kernel;
    private final int epoll;
    private final EpollEvents events;
    private final LoopStats stats;
    private final long nanos;
    private final @Nullable SpinPermits permits;
    /** Of a loop that learns, as are the permits. */
    private final @Nullable Learning learning;

    private long until;

    /** What a loop goes by that learns. */
    private record Learning(SpinBudget budget, RunDelay delay, Contention contention) {}

    /** On the loop's thread. */
    Spinner(Kernel kernel, int epoll, EpollEvents events, LoopStats stats, Spin spin, long now) {
        this(kernel, epoll, events, stats, spin, now, spin.permits() == null ? null : new RunDelay());
    }

    /**
     * @param delay how long the loop's thread had to wait for a processor; null = it does not learn
     */
    Spinner(
            Kernel kernel,
            int epoll,
            EpollEvents events,
            LoopStats stats,
            Spin spin,
            long now,
            @Nullable RunDelay delay) {
        this.kernel = kernel;
        this.epoll = epoll;
        this.events = events;
        this.stats = stats;
        nanos = spin.nanos();
        permits = spin.permits();
        learning = delay == null ? null : new Learning(new SpinBudget(nanos, now), delay, new Contention(delay));
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
        if (learning == null || permits == null) {
            return spin(System.nanoTime(), nanos);
        }
        SpinBudget budget = learning.budget;
        if (!budget.isTrying()) {
            return 0;
        }
        int count = kernel.epollWait(epoll, events, 0);
        if (count > 0) {
            return count; // a busy loop finds them here, and never looks at the clock
        }
        long from = System.nanoTime();
        until = from;
        if (learning.contention.isFelt(from)) {
            budget.fail(from);
            return 0;
        }
        long length = budget.length(from);
        if (length == 0 || !permits.take()) {
            return 0;
        }
        count = spin(from, length);
        permits.giveBack();
        if (count > 0) {
            budget.hit();
        } else {
            budget.missed(until - from, until);
        }
        return count;
    }

    /** Whoever else wants this processor gets it, above all the peer that was just woken: it may have to answer for the spin to end. */
    @SuppressWarnings("ThreadPriorityCheck")
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
            Thread.yield();
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
     * @param before when those before them had, nanoseconds
     * @param now the loop's time
     */
    void waited(long before, long now) {
        if (learning != null) {
            learning.budget.waited(now - before, now);
        }
    }

    @Override
    public void close() {
        if (learning != null) {
            learning.delay.close();
        }
    }
}
