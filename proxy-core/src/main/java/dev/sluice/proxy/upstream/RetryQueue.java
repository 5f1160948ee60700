package dev.sluice.proxy.upstream;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import org.jspecify.annotations.Nullable;

/**
 * Connections that wait for the same thing, of which no event tells: a descriptor, or room in the full backlog of a unix listener
 * (EAGAIN, unix(7)). One timer serves them all, first come, first served, and asks less and less often while nothing is free. Who comes
 * while others wait does not try before them. So thousands that wait cost no more than one.
 *
 * <p>Not thread-safe: its loop's thread only.
 */
final class RetryQueue extends Timer {
    static final long FIRST_NANOS = 10_000_000;
    static final long LAST_NANOS = 160_000_000;
    /** Successes in one firing: the rest of the loop must not wait. */
    private static final int BATCH = 64;

    private final EventLoop loop;
    private final Runnable whenEmpty;
    private @Nullable Attempt first;
    private @Nullable Attempt last;
    private long delay = FIRST_NANOS;
    private int reason;

    /**
     * @param whenEmpty nobody waits any more
     */
    RetryQueue(EventLoop loop, Runnable whenEmpty) {
        this.loop = loop;
        this.whenEmpty = whenEmpty;
    }

    /** Whether others wait here, and this one does not: then it is not its turn to try. */
    boolean isAheadOf(Attempt attempt) {
        return first != null && attempt.queue != this;
    }

    /** The errno for which the last one that joined did so. */
    int reason() {
        return reason;
    }

    /** Waits behind the others. */
    void join(Attempt attempt, int why) {
        reason = why;
        Attempt before = last;
        attempt.before = before;
        attempt.behind = null;
        attempt.queue = this;
        last = attempt;
        if (before == null) {
            first = attempt;
            delay = FIRST_NANOS;
            loop.schedule(this, loop.now() + delay);
        } else {
            before.behind = attempt;
        }
    }

    /** Waits no longer. */
    void leave(Attempt attempt) {
        Attempt before = attempt.before;
        Attempt behind = attempt.behind;
        if (before == null) {
            first = behind;
        } else {
            before.behind = behind;
        }
        if (behind == null) {
            last = before;
        } else {
            behind.before = before;
        }
        attempt.before = null;
        attempt.behind = null;
        attempt.queue = null;
        if (first == null) {
            loop.cancel(this);
            whenEmpty.run();
        }
    }

    /** One that throws must not keep the others waiting. */
    private boolean retry(Attempt attempt) {
        try {
            return attempt.retry();
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.failed(attempt.faulty(), e);
            return true;
        }
    }

    @Override
    protected void onTimer(long now) {
        boolean moved = false;
        Attempt next = first;
        for (int i = 0; i < BATCH && next != null && retry(next); i++) {
            moved = true;
            next = first;
        }
        if (first != null) {
            delay = moved ? FIRST_NANOS : Math.min(2 * delay, LAST_NANOS);
            loop.schedule(this, now + delay);
        }
    }
}
