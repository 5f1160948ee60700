package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * A timer that an epoll can watch, finer than the milliseconds of epoll_wait(2): timerfd_create(2), of the clock of
 * {@link System#nanoTime()}. Its descriptor becomes readable when the time has come.
 *
 * <pre>
 * struct itimerspec { struct timespec it_interval; struct timespec it_value; };
 * </pre>
 */
public final class TimerDescriptor {
    private static final int CLOCK_MONOTONIC = 1;
    private static final int TFD_TIMER_ABSTIME = 1;
    private static final int TFD_NONBLOCK_CLOEXEC = 0x80800;
    private static final long NANOS = 1_000_000_000;
    private static final int VALUE = 16;

    private final MemorySegment state;
    private final MemorySegment time;
    private final int descriptor;

    /**
     * @param kernel where its memory comes from, and whose thread it belongs to
     * @throws KernelException EMFILE, ENFILE, ENOMEM
     */
    public TimerDescriptor(Kernel kernel) {
        this.state = kernel.allocate(Libc.stateLayout().byteSize());
        this.time = kernel.allocate(2 * VALUE);
        this.descriptor =
                Errno.check(LibcExtras.timerfdCreate(state, CLOCK_MONOTONIC, TFD_NONBLOCK_CLOEXEC), "timerfd_create");
    }

    /** To be closed by whoever made this. */
    public int descriptor() {
        return descriptor;
    }

    /**
     * Sets it, once, anew; it is not readable before.
     *
     * @param nanoTime as {@link System#nanoTime()}; in the past means at once
     */
    public void set(long nanoTime) {
        time.set(JAVA_LONG, VALUE, nanoTime / NANOS);
        time.set(JAVA_LONG, VALUE + Long.BYTES, Math.max(1, nanoTime % NANOS)); // all zeros would disarm it
        Errno.check(LibcExtras.timerfdSettime(state, descriptor, TFD_TIMER_ABSTIME, time.address()), "timerfd_settime");
    }
}
