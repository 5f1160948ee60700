package dev.sluice.linux;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The C functions behind {@link UnixCalls}, as {@link Libc} has those of the proxy. A class of its own, so that a process that hands no
 * descriptor on does not link them: each costs start-up.
 */
final class UnixLibc {
    private static final MethodHandle SENDMSG = Libc.function("sendmsg", 3);
    private static final MethodHandle RECVMSG = Libc.function("recvmsg", 3);
    private static final MethodHandle FCHMOD = Libc.function("fchmod", 2);
    private static final MethodHandle GETRESUID = Libc.function("getresuid", 3);

    private UnixLibc() {}

    static long sendmsg(MemorySegment state, int fd, long header, int flags) {
        try {
            return Libc.longResult(state, (long) SENDMSG.invokeExact(state, (long) fd, header, (long) flags));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static long recvmsg(MemorySegment state, int fd, long header, int flags) {
        try {
            return Libc.longResult(state, (long) RECVMSG.invokeExact(state, (long) fd, header, (long) flags));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int fchmod(MemorySegment state, int fd, int mode) {
        try {
            return Libc.intResult(state, (long) FCHMOD.invokeExact(state, (long) fd, (long) mode));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int getresuid(MemorySegment state, long real, long effective, long saved) {
        try {
            return Libc.intResult(state, (long) GETRESUID.invokeExact(state, real, effective, saved));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }
}
