package dev.sluice.proxy.relay;

import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Off-heap memory for bytes that a sink did not take, as much as there are bytes, and never more in total than the loop may use.
 * Small stashes come in powers of two, of which a few are kept for the next; large ones in steps of 4 KiB, and go back to the
 * system at once.
 */
final class StashPool {
    private static final int SMALLEST = 1 << 10;
    private static final int LARGEST_KEPT = 64 << 10;
    /** Of each size: 1 MiB in all. */
    private static final int KEPT = 8;

    private static final int STEP = 4 << 10;

    /** With less room than this, a read would be too short to be worth a call. */
    private static final int LEAST_ROOM = 16 << 10;

    /** Some memory and what frees it. */
    record Stash(Arena arena, MemorySegment memory) {}

    private final LoopStats stats;
    private final long limit;
    private long used;
    /** By size, the smallest first. */
    private final List<ArrayDeque<Stash>> idle = new ArrayList<>();

    /**
     * @param limit bytes of all stashes in use
     */
    StashPool(LoopStats stats, long limit) {
        this.stats = stats;
        this.limit = limit;
        for (int size = SMALLEST; size <= LARGEST_KEPT; size *= 2) {
            idle.add(new ArrayDeque<>(KEPT));
        }
    }

    /**
     * How many bytes may be read of which it is not known whether the sink takes them.
     *
     * @param wanted bytes
     * @return as many, or fewer, or 0 when there is hardly any room left
     */
    long room(long wanted) {
        long free = limit - used;
        if (capacity(wanted) <= free) {
            return wanted;
        }
        long fits = free > LARGEST_KEPT ? free / STEP * STEP : Long.highestOneBit(Math.max(free, 0));
        return fits < LEAST_ROOM ? 0 : fits;
    }

    /** Memory for so many bytes. Its content is left over from the last use: only what was written since may be read. */
    @SuppressWarnings("MustBeClosedChecker") // lives as long as its stash
    Stash borrow(long bytes) {
        long capacity = capacity(bytes);
        ArrayDeque<Stash> same = kept(capacity);
        Stash stash = same == null ? null : same.pollLast();
        if (stash == null) {
            Arena arena = Arena.ofConfined();
            stash = new Stash(arena, arena.allocate(capacity));
        }
        use(capacity);
        return stash;
    }

    void giveBack(Stash stash) {
        long capacity = stash.memory().byteSize();
        use(-capacity);
        ArrayDeque<Stash> same = kept(capacity);
        if (same != null && same.size() < KEPT) {
            same.addLast(stash);
        } else {
            stash.arena().close();
        }
    }

    private void use(long bytes) {
        used += bytes;
        stats.add(Counter.STASHED, bytes);
    }

    private static long capacity(long bytes) {
        if (bytes > LARGEST_KEPT) {
            return (bytes + STEP - 1) / STEP * STEP;
        }
        return bytes <= SMALLEST ? SMALLEST : Long.highestOneBit(bytes - 1) << 1;
    }

    /** Those of this size that are kept; null for a size that is not. */
    private @Nullable ArrayDeque<Stash> kept(long capacity) {
        return capacity > LARGEST_KEPT ? null : idle.get(Long.numberOfTrailingZeros(capacity / SMALLEST));
    }

    /** Frees what is kept for the next. */
    void trim() {
        for (ArrayDeque<Stash> same : idle) {
            Stash stash;
            while ((stash = same.pollLast()) != null) {
                stash.arena().close();
            }
        }
    }
}
