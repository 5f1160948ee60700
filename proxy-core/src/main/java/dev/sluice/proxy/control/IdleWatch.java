package dev.sluice.proxy.control;

import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells when there has been no connection for so long: none that is a session, none that is on its way to become one or held. It counts from
 * the end of the last one, and does not begin before there has been one, or another process has been taken over. It looks when that can be
 * so at the earliest, and costs connections nothing. On control's thread.
 */
final class IdleWatch extends Timer {
    private final EventLoop loop;
    private final LoopBalancer balancer;
    private final Supplier<OptionalLong> lastEnd;
    private long nanos;
    /** It counts from here even if there has been no connection; null where it does not. */
    private @Nullable Long since;

    private @Nullable Runnable told;

    /**
     * @param balancer knows how many connections there are
     * @param lastEnd when the last one ended; none when none has
     */
    IdleWatch(EventLoop loop, LoopBalancer balancer, Supplier<OptionalLong> lastEnd) {
        this.loop = loop;
        this.balancer = balancer;
        this.lastEnd = lastEnd;
    }

    /**
     * Goes by another time from now on, of which what has passed already is a part.
     *
     * @param time in nanoseconds; 0 = it does not watch
     * @param then is run each time that it is over, and must not block
     */
    void follow(long time, Runnable then) {
        nanos = time;
        told = then;
        again();
    }

    /** Counts from now on, or from a later end: before, connections were another process's. */
    void begin() {
        since = loop.now();
        again();
    }

    /** Whether it is so at this moment. */
    boolean isOver() {
        return nanos > 0 && left(loop.now()) <= 0;
    }

    /** What was told came to nothing: it goes on. */
    void again() {
        if (nanos == 0) {
            loop.cancel(this);
        } else {
            loop.schedule(this, loop.now() + Math.max(0, left(loop.now())));
        }
    }

    void stop() {
        nanos = 0;
        loop.cancel(this);
    }

    private long left(long now) {
        if (balancer.total() > 0) {
            return nanos;
        }
        OptionalLong end = lastEnd.get(); // behind the count: that of the last one that counted, or of a later one
        Long from = since;
        if (end.isPresent()) {
            from = from == null ? end.getAsLong() : Math.max(from, end.getAsLong());
        }
        return from == null ? nanos : from + nanos - now;
    }

    @Override
    protected void onTimer(long now) {
        long left = left(now);
        if (left > 0) {
            loop.schedule(this, now + left);
        } else if (told != null) {
            told.run();
        }
    }
}
