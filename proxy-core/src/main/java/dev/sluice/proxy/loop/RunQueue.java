package dev.sluice.proxy.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that want another turn, first come, first served. Its room is made when a slot is taken, so that joining never needs memory: a
 * session that could not join would wait for ever.
 *
 * <p>Not thread-safe: its loop's thread only.
 */
final class RunQueue {
    private @Nullable Handler[] ring = new Handler[64];
    private int head;
    private int size;

    /** Sees to it that so many fit. */
    void reserve(int count) {
        if (count > ring.length) {
            grow(Integer.highestOneBit(count - 1) << 1);
        }
    }

    private void grow(int length) {
        @Nullable Handler[] longer = Arrays.copyOf(ring, length);
        // What had wrapped to the beginning goes behind the old end.
        System.arraycopy(ring, 0, longer, ring.length, head);
        Arrays.fill(longer, 0, head, null);
        ring = longer;
    }

    void add(Handler handler) {
        reserve(size + 1);
        ring[(head + size) & (ring.length - 1)] = handler;
        size++;
    }

    /** The first, or null when there is none. */
    @Nullable
    Handler poll() {
        if (size == 0) {
            return null;
        }
        Handler first = ring[head];
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
        return first;
    }

    int size() {
        return size;
    }
}
