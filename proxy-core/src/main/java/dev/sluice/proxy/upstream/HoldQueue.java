package dev.sluice.proxy.upstream;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import java.util.LinkedHashSet;

/**
 * Connections of one loop that are held until their upstream takes connections again: none of its endpoints answers, all are full, or it
 * is paused. First come, first served.
 *
 * <p>One of them asks for all, less and less often, or at once when it is told that something has changed. With each that is connected,
 * one more may try at a time, up to {@value #MOST_AT_ONCE}: a server that has just come up is not met by all at once. Until somebody
 * begins an attempt, nothing is sent to anybody.
 *
 * <p>Not thread-safe: its loop's thread only.
 */
final class HoldQueue extends Timer {
    static final long FIRST_NANOS = 50_000_000;
    static final long LAST_NANOS = 1_000_000_000;
    static final int MOST_AT_ONCE = 64;

    /** A connection that is held. */
    interface Held {
        /** What became of another try. */
        enum Try {
            /** There is still nobody to try; nothing was sent. */
            NOBODY,
            /** An attempt has begun; {@link HoldQueue#ended} is told of its end. */
            BEGUN,
            /** It is connected. */
            CONNECTED,
            /** It has failed: it has joined again, or has ended. */
            FAILED
        }

        /** Tries again; it is out of the queue. */
        Try tryAgain();

        /** What must end when {@link #tryAgain} throws, which is a bug. */
        Object faulty();
    }

    private final EventLoop loop;
    private final Runnable whenEmpty;
    private final LinkedHashSet<Held> waiting = new LinkedHashSet<>();
    private int underWay;
    private int atOnce = 1;
    private long delay = FIRST_NANOS;

    /**
     * @param whenEmpty nobody is held any more, and no attempt is under way
     */
    HoldQueue(EventLoop loop, Runnable whenEmpty) {
        this.loop = loop;
        this.whenEmpty = whenEmpty;
    }

    /** Whether somebody is held: then who comes now waits behind. */
    boolean isHolding() {
        return !waiting.isEmpty();
    }

    /** Is held, behind the others. */
    void join(Held held) {
        boolean first = waiting.isEmpty();
        waiting.addLast(held);
        if (first) {
            loop.schedule(this, loop.now() + delay);
        }
    }

    /** There may be somebody to try already. */
    void lookSoon() {
        loop.schedule(this, loop.now());
    }

    /** Waits no longer; nothing happens if it did not. */
    void leave(Held held) {
        if (waiting.remove(held)) {
            settle();
        }
    }

    /** Something has changed: an endpoint is up, has room, or the upstream goes on. */
    void wake() {
        delay = FIRST_NANOS;
        atOnce = Math.max(atOnce, Math.min(underWay + 1, MOST_AT_ONCE)); // those under way may be at who went down
        tryNext();
        again();
    }

    /** An attempt that had begun has ended. If it failed, its connection may have joined again before this. */
    void ended(boolean connected) {
        underWay--;
        if (connected) {
            delay = FIRST_NANOS;
            atOnce = Math.min(atOnce + 1, MOST_AT_ONCE);
            tryNext();
            again();
        } else {
            atOnce = 1;
            settle();
        }
    }

    @Override
    protected void onTimer(long now) {
        tryNext();
        delay = Math.min(2 * delay, LAST_NANOS);
        again();
    }

    private void again() {
        if (waiting.isEmpty()) {
            settle();
        } else {
            loop.schedule(this, loop.now() + delay);
        }
    }

    private void settle() {
        if (waiting.isEmpty()) {
            loop.cancel(this);
            if (underWay == 0) {
                whenEmpty.run();
            }
        }
    }

    private void tryNext() {
        for (int i = 0; i < MOST_AT_ONCE && underWay < atOnce && !waiting.isEmpty(); i++) {
            Held next = waiting.removeFirst();
            switch (tryAgain(next)) {
                case BEGUN -> underWay++;
                case CONNECTED -> atOnce = Math.min(atOnce + 1, MOST_AT_ONCE);
                case NOBODY -> {
                    waiting.addFirst(next);
                    atOnce = 1;
                    return;
                }
                case FAILED -> {
                    atOnce = 1;
                    return;
                }
            }
        }
    }

    /** One that throws must not keep the others waiting. */
    private Held.Try tryAgain(Held held) {
        try {
            return held.tryAgain();
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.failed(held.faulty(), e);
            return Held.Try.FAILED;
        }
    }
}
