package dev.sluice.proxy.loop;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Coarse timers in constant time: six levels of 64 slots, a tick of 2²⁰ ns (1 ms), two years in all. A timer sits at
 * the level of the highest six bits in which its deadline differs from the present, and moves down a level when the present
 * reaches its slot. A timer never fires early, and up to two ticks late; later only when there are very many at once: so much is done
 * in one go that whoever has events meanwhile does not have to wait for all of them.
 *
 * <p>Not thread-safe: its loop's thread only.
 */
final class TimerWheel {
    private static final int TICK_SHIFT = 20;
    private static final int LEVEL_BITS = 6;
    private static final int SLOTS = 1 << LEVEL_BITS;
    private static final int LEVELS = 6;

    /** What is done in one go: 4096 timers moved down a level, or 256 fired. Less than a millisecond, mostly. */
    private static final int WORK = 4096;

    private static final int FIRING = WORK / 256;

    /** For every so many ticks that it is late, as much again is done in one go: who cannot keep up catches up. */
    private static final int LATE_TICKS = 64;

    private static final int MOST_TIMES = 64;

    /** No slot is being emptied. */
    private static final int NONE = -1;

    private final @Nullable Timer[] heads = new Timer[LEVELS * SLOTS];
    /** For each level, a bit for each slot that has timers. */
    private final long[] occupied = new long[LEVELS];

    private final BiConsumer<Object, Throwable> faults;
    private final long origin;
    private long tick;
    /** The position of the slot that is being emptied, which begins with this tick. Nothing is put into it: what is later has another. */
    private int emptying = NONE;

    /**
     * @param now the clock to start from, nanoseconds of {@link System#nanoTime()}
     * @param faults is told of a timer that threw when it fired: {@link Timer#faulty}
     */
    TimerWheel(long now, BiConsumer<Object, Throwable> faults) {
        origin = now;
        this.faults = faults;
    }

    /**
     * Sets the timer's deadline, whether or not it had one.
     *
     * @param at nanoseconds, as the clock that the wheel started from
     */
    void schedule(Timer timer, long at) {
        cancel(timer);
        long deadline = Math.max(((at - origin) >> TICK_SHIFT) + 1, tick + 1);
        timer.deadlineTick = Math.min(deadline, (1L << (LEVEL_BITS * LEVELS)) - 1);
        insert(timer);
    }

    void cancel(Timer timer) {
        if (timer.position == Timer.IDLE) {
            return;
        }
        if (timer.next != null) {
            timer.next.previous = timer.previous;
        }
        if (timer.previous != null) {
            timer.previous.next = timer.next;
        } else {
            heads[timer.position] = timer.next;
            if (timer.next == null) {
                occupied[timer.position / SLOTS] &= ~(1L << (timer.position % SLOTS));
            }
        }
        timer.previous = null;
        timer.next = null;
        timer.position = Timer.IDLE;
    }

    /** Fires what is due, or the first of it; then {@link #timeoutMillis} is 0, and the clock stands still for the wheel until it goes on. */
    void advance(long now) {
        long target = (now - origin) >> TICK_SHIFT;
        if (emptying == NONE && !begin(target)) {
            return;
        }
        long work = WORK * Math.min(1 + (target - tick) / LATE_TICKS, MOST_TIMES);
        do {
            work = empty(now, work);
        } while (work > 0 && begin(target));
    }

    /** Goes on to the next slot whose time has come; without one, to the present. */
    private boolean begin(long target) {
        int level = lowestLevel();
        long start = level < 0 ? Long.MAX_VALUE : slotStart(level);
        if (start > target) {
            tick = Math.max(tick, target);
            return false;
        }
        tick = start;
        emptying = level * SLOTS + Long.numberOfTrailingZeros(occupied[level]);
        return true;
    }

    /** Milliseconds until something is to be done, rounded up, 0 when it is due, −1 when nothing is scheduled: an epoll timeout. */
    int timeoutMillis(long now) {
        if (emptying != NONE) {
            return 0;
        }
        int level = lowestLevel();
        if (level < 0) {
            return -1;
        }
        long nanos = origin + (slotStart(level) << TICK_SHIFT) - now;
        return nanos <= 0 ? 0 : (int) Math.min((nanos + 999_999) / 1_000_000, 3_600_000);
    }

    /** Every timer of a level is earlier than those of the levels above, so the lowest one has the next. */
    private int lowestLevel() {
        for (int level = 0; level < LEVELS; level++) {
            if (occupied[level] != 0) {
                return level;
            }
        }
        return -1;
    }

    /** The tick at which the level's first occupied slot begins; occupied slots are always ahead of the present one. */
    private long slotStart(int level) {
        int shift = level * LEVEL_BITS;
        long above = (tick >> (shift + LEVEL_BITS)) << (shift + LEVEL_BITS);
        return above | ((long) Long.numberOfTrailingZeros(occupied[level]) << shift);
    }

    /**
     * Fires, or moves down, what is in the slot. A timer that fires may schedule and cancel any other, those of this slot included.
     *
     * @param work how much may be done
     * @return what is left of that, 0 when there may be more in the slot
     */
    private long empty(long now, long work) {
        long left = work;
        Timer timer;
        while ((timer = heads[emptying]) != null) {
            if (left <= 0) {
                return 0;
            }
            cancel(timer);
            if (timer.deadlineTick <= tick) {
                left -= FIRING;
                fire(timer, now);
            } else {
                left--;
                insert(timer);
            }
        }
        emptying = NONE;
        return Math.max(left, 0);
    }

    private void fire(Timer timer, long now) {
        try {
            timer.onTimer(now);
        } catch (RuntimeException | OutOfMemoryError e) {
            faults.accept(timer.faulty(), e);
        }
    }

    private void insert(Timer timer) {
        long difference = timer.deadlineTick ^ tick;
        int level = (63 - Long.numberOfLeadingZeros(difference)) / LEVEL_BITS;
        int slot = (int) (timer.deadlineTick >> (level * LEVEL_BITS)) & (SLOTS - 1);
        occupied[level] |= 1L << slot;
        timer.position = level * SLOTS + slot;
        Timer head = heads[timer.position];
        timer.next = head;
        timer.previous = null;
        if (head != null) {
            head.previous = timer;
        }
        heads[timer.position] = timer;
    }
}
