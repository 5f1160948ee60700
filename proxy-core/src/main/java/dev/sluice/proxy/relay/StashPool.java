package dev.sluice.proxy.relay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Off-heap memory for bytes that a sink did not take. Each stash is as large as the loop's copy buffer, and a flow has one at
 * most, so memory is bounded by the flows that are held up; what is not needed any more goes back to the system.
 */
final class StashPool {
    private static final int KEPT = 16;

    /** Some memory and what frees it. */
    record Stash(Arena arena, MemorySegment memory) {}

    private final long size;
    private final ArrayDeque<Stash> idle = new ArrayDeque<>(KEPT);

    /**
     * @param size bytes of each stash
     */
    StashPool(long size) {
        this.size = size;
    }

    /** Its content is left over from the last use: only what was written since may be read. */
    @SuppressWarnings("MustBeClosedChecker") // lives as long as its stash
    Stash borrow() {
        Stash stash = idle.pollLast();
        if (stash != null) {
            return stash;
        }
        Arena arena = Arena.ofConfined();
        return new Stash(arena, arena.allocate(size));
    }

    void giveBack(Stash stash) {
        if (idle.size() < KEPT) {
            idle.addLast(stash);
        } else {
            stash.arena().close();
        }
    }

    void close() {
        idle.forEach(stash -> stash.arena().close());
        idle.clear();
    }
}
