package dev.sluice.proxy.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which handler an event is for. A slot is reused after it was freed; its generation tells the events of the former holder from those
 * of the next one (a descriptor closed in the middle of a batch may still have events further on in it).
 *
 * <p>Not thread-safe: its loop's thread only.
 */
final class SlotTable {
    /** Bits of an event's data below the slot number: which of the holder's descriptors. */
    static final int TAG_BITS = 2;

    private @Nullable Handler[] handlers = new Handler[64];
    private int[] generations = new int[64];
    private int[] free = new int[64];
    private int freeCount;
    private int used;

    int acquire(Handler handler) {
        int slot;
        if (freeCount > 0) {
            slot = free[--freeCount];
        } else {
            if (used == handlers.length) {
                grow();
            }
            slot = used++;
        }
        handlers[slot] = handler;
        return slot;
    }

    /** All tables or none, and the free list too, so that releasing a slot never needs memory. */
    private void grow() {
        int length = used * 2;
        @Nullable Handler[] moreHandlers = Arrays.copyOf(handlers, length);
        int[] moreGenerations = Arrays.copyOf(generations, length);
        free = Arrays.copyOf(free, length);
        generations = moreGenerations;
        handlers = moreHandlers;
    }

    /** Another handler goes on under the same slot and generation. */
    void replace(int slot, Handler handler) {
        handlers[slot] = handler;
    }

    /** Frees the slot; events of its generation are dropped from now on. */
    void release(int slot) {
        handlers[slot] = null;
        generations[slot]++;
        free[freeCount++] = slot;
    }

    /** What an event of this slot carries: generation, slot, tag. */
    long data(int slot, int tag) {
        return ((long) generations[slot] << 32) | ((long) slot << TAG_BITS) | tag;
    }

    /** The holder that the event was meant for, null when it is gone. */
    @Nullable
    Handler find(long data) {
        int slot = slot(data);
        return generations[slot] == (int) (data >>> 32) ? handlers[slot] : null;
    }

    static int slot(long data) {
        return (int) data >>> TAG_BITS;
    }

    static int tag(long data) {
        return (int) data & ((1 << TAG_BITS) - 1);
    }

    /** One past the highest slot ever used. */
    int limit() {
        return used;
    }

    @Nullable
    Handler at(int slot) {
        return handlers[slot];
    }
}
