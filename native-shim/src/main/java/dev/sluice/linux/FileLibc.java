package dev.sluice.linux;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The C functions behind {@link LinuxFileCalls}, as {@link Libc} has those of the proxy. A class of its own, so that whoever only
 * relays does not link them: each costs start-up.
 */
final class FileLibc {
    private static final MethodHandle OPEN = Libc.variadic("open");
    private static final MethodHandle FTRUNCATE = Libc.function("ftruncate", 2);
    private static final MethodHandle FSYNC = Libc.function("fsync", 1);
    private static final MethodHandle MMAP = Libc.function("mmap", 6);
    private static final MethodHandle MUNMAP = Libc.function("munmap", 2);
    private static final MethodHandle SENDFILE = Libc.function("sendfile", 4);
    private static final MethodHandle VMSPLICE = Libc.function("vmsplice", 4);
    private static final MethodHandle POLL = Libc.function("poll", 3);
    private static final MethodHandle MEMFD_CREATE = Libc.function("memfd_create", 2);
    private static final MethodHandle GETRUSAGE = Libc.function("getrusage", 2);

    private FileLibc() {}

    static int open(MemorySegment state, long path, int flags, int mode) {
        try {
            return Libc.intResult(state, (long) OPEN.invokeExact(state, path, (long) flags, (long) mode));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int ftruncate(MemorySegment state, int fd, long length) {
        try {
            return Libc.intResult(state, (long) FTRUNCATE.invokeExact(state, (long) fd, length));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int fsync(MemorySegment state, int fd) {
        try {
            return Libc.intResult(state, (long) FSYNC.invokeExact(state, (long) fd));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static long mmap(MemorySegment state, long length, int protection, int flags, int fd, long offset) {
        try {
            return Libc.longResult(state, (long)
                    MMAP.invokeExact(state, 0L, length, (long) protection, (long) flags, (long) fd, offset));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int munmap(MemorySegment state, long address, long length) {
        try {
            return Libc.intResult(state, (long) MUNMAP.invokeExact(state, address, length));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static long sendfile(MemorySegment state, int to, int from, long offset, long count) {
        try {
            return Libc.longResult(state, (long) SENDFILE.invokeExact(state, (long) to, (long) from, offset, count));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static long vmsplice(MemorySegment state, int pipe, long vectors, int count, int flags) {
        try {
            return Libc.longResult(
                    state, (long) VMSPLICE.invokeExact(state, (long) pipe, vectors, (long) count, (long) flags));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int poll(MemorySegment state, long descriptors, int count, int timeoutMillis) {
        try {
            return Libc.intResult(
                    state, (long) POLL.invokeExact(state, descriptors, (long) count, (long) timeoutMillis));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int memfdCreate(MemorySegment state, long name, int flags) {
        try {
            return Libc.intResult(state, (long) MEMFD_CREATE.invokeExact(state, name, (long) flags));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }

    static int getrusage(MemorySegment state, int who, long usage) {
        try {
            return Libc.intResult(state, (long) GETRUSAGE.invokeExact(state, (long) who, usage));
        } catch (Throwable thrown) {
            throw Libc.unchecked(thrown);
        }
    }
}
