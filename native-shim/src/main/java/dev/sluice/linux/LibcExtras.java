package dev.sluice.linux;

import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The C functions that only measuring needs: apart from {@link Libc}, so that nobody else pays for linking them. */
@SuppressWarnings("restricted") // as Libc
final class LibcExtras {
    private static final MethodHandle CLOCK_GETTIME = Libc.function("clock_gettime", 2);
    private static final MethodHandle TIMERFD_CREATE = Libc.function("timerfd_create", 2);
    private static final MethodHandle TIMERFD_SETTIME = Libc.function("timerfd_settime", 4);

    /** {@code long syscall(long number, ...)}, with five arguments behind the number. */
    private static final MethodHandle SYSCALL = Libc.link("syscall", 6, Libc.ERRNO, Linker.Option.firstVariadicArg(1));

    private LibcExtras() {}

    static int clockGettime(MemorySegment state, int clock, long time) {
        try {
            return Libc.intResult(state, (long) CLOCK_GETTIME.invokeExact(state, (long) clock, time));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int timerfdCreate(MemorySegment state, int clock, int flags) {
        try {
            return Libc.intResult(state, (long) TIMERFD_CREATE.invokeExact(state, (long) clock, (long) flags));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int timerfdSettime(MemorySegment state, int fd, int flags, long time) {
        try {
            return Libc.intResult(state, (long) TIMERFD_SETTIME.invokeExact(state, (long) fd, (long) flags, time, 0L));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static long syscall(MemorySegment state, long number, long a, long b, long c, long d, long e) {
        try {
            return Libc.longResult(state, (long) SYSCALL.invokeExact(state, number, a, b, c, d, e));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }
}
