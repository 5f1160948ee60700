package dev.sluice.cli.log;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** Lets so many through in a second, and tells how many it has not: every ten seconds at most. From any thread, without waiting. */
final class Few implements AutoCloseable {
    private static final long SECOND = 1_000_000_000;
    private static final long TELL_SECONDS = 10;

    private final int most;
    private final LongConsumer tell;
    private final long origin = System.nanoTime();
    /** The second in which the last one came, and how many it has let through in it. */
    private final AtomicLong present = new AtomicLong();

    private final AtomicLong held = new AtomicLong();
    private final AtomicLong toldAt = new AtomicLong(-TELL_SECONDS);

    /**
     * @param most in a second, 1 … 65,535
     * @param tell is given the number of those that were not let through since it was told last; must not block
     */
    Few(int most, LongConsumer tell) {
        this.most = most;
        this.tell = tell;
    }

    /**
     * Whether this one goes through.
     *
     * @param now {@link System#nanoTime()}
     */
    boolean passes(long now) {
        long second = second(now);
        long before = present.getAndUpdate(was -> next(was, second));
        boolean passes = before >>> 16 < second || (before & 0xffff) < most;
        if (!passes) {
            held.incrementAndGet();
        } else if (held.get() > 0) {
            long told = toldAt.get();
            if (second - told >= TELL_SECONDS && toldAt.compareAndSet(told, second)) {
                close();
            }
        }
        return passes;
    }

    /**
     * Tells what is due to be told when no further one comes: a second whose number was used up is over.
     *
     * @param now {@link System#nanoTime()}
     * @return nanoseconds after which this is to be called again; 0: not before another one has come
     */
    long tellDue(long now) {
        long second = second(now);
        long last = present.get();
        boolean over = last >>> 16 < second;
        if (held.get() == 0 && (over || (last & 0xffff) < most)) {
            return 0;
        }
        long told = toldAt.get();
        long due = over ? told + TELL_SECONDS : Math.max(second + 1, told + TELL_SECONDS);
        if (second < due) {
            return origin + (due - 1) * SECOND - now;
        }
        if (toldAt.compareAndSet(told, second)) {
            close();
        }
        return 0;
    }

    private long second(long now) {
        return 1 + (now - origin) / SECOND;
    }

    private long next(long was, long second) {
        if (was >>> 16 < second) {
            return second << 16 | 1;
        }
        return (was & 0xffff) < most ? was + 1 : was;
    }

    /** Tells what has not been told. */
    @Override
    public void close() {
        long count = held.getAndSet(0);
        if (count > 0) {
            tell.accept(count);
        }
    }
}
