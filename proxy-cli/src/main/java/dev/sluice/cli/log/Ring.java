package dev.sluice.cli.log;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * So many items at most that any thread hands in and one thread takes, in order. Nobody waits for anybody, and nothing is allocated: who
 * hands in has sessions to look after.
 */
final class Ring<T> {
    private final AtomicReferenceArray<@Nullable T> slots;
    /** Where the next one is handed in; counts up, like {@link #head}, and its low bits are a slot. */
    private final AtomicLong tail = new AtomicLong();

    /** Where the next one is taken: of who takes. */
    private final AtomicLong head = new AtomicLong();

    /**
     * @param capacity a power of two
     */
    Ring(int capacity) {
        slots = new AtomicReferenceArray<>(capacity);
    }

    private int slot(long at) {
        return (int) at & (slots.length() - 1);
    }

    /** Hands one in, from any thread; false when there is no room. */
    boolean offer(T item) {
        long at;
        do {
            at = tail.get();
            if (at - head.get() >= slots.length()) {
                return false;
            }
        } while (!tail.compareAndSet(at, at + 1));
        slots.set(slot(at), item);
        return true;
    }

    /** Takes the next one, on the thread that takes; null when there is none, or one is being handed in. */
    @Nullable
    T poll() {
        long at = head.getPlain();
        T item = slots.getAcquire(slot(at));
        if (item != null) {
            slots.setPlain(slot(at), null); // seen by who sees the new head
            head.setRelease(at + 1);
        }
        return item;
    }

    /** Whether {@link #poll} would answer null, on the thread that takes. */
    boolean isEmpty() {
        return slots.get(slot(head.getPlain())) == null;
    }

    /** How many there are about now; from any thread. */
    int size() {
        long from = head.get();
        return (int) (tail.get() - from);
    }
}
