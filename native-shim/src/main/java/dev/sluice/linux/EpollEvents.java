package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** The events that one {@link Kernel#epollWait} brought, in off-heap memory of the kernel that they were made with. */
public final class EpollEvents {
    private final MemorySegment memory;
    private final int capacity;
    private final int stride;
    private final int dataOffset;

    /** @param capacity most events that one wait may bring, ≥ 1 */
    public EpollEvents(Kernel kernel, int capacity) {
        this(kernel, capacity, EpollLayout.ofThisMachine());
    }

    EpollEvents(Kernel kernel, int capacity, EpollLayout layout) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity " + capacity);
        }
        this.memory = kernel.allocate((long) capacity * layout.stride());
        this.capacity = capacity;
        this.stride = layout.stride();
        this.dataOffset = layout.dataOffset();
    }

    public int capacity() {
        return capacity;
    }

    /**
     * Mask of {@link Epoll} bits.
     *
     * @param i 0 … below the number that the wait returned
     */
    public int events(int i) {
        return memory.get(JAVA_INT, offset(i));
    }

    /**
     * What {@link Kernel#epollCtl} was given with the descriptor.
     *
     * @param i 0 … below the number that the wait returned
     */
    public long data(int i) {
        return memory.get(JAVA_LONG_UNALIGNED, offset(i) + dataOffset);
    }

    /** Writes an event, as the kernel would: for {@link Kernel}s that are scripts. */
    public void set(int i, int events, long data) {
        memory.set(JAVA_INT, offset(i), events);
        memory.set(JAVA_LONG_UNALIGNED, offset(i) + dataOffset, data);
    }

    private long offset(int i) {
        return (long) Objects.checkIndex(i, capacity) * stride;
    }

    long address() {
        return memory.address();
    }

    MemorySegment memory() {
        return memory;
    }
}
