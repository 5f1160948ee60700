package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What the kernel tells of other processes to whoever measures them: their processor time, and how often they pass a tracepoint.
 * Of the thread that opened it, as {@link LinuxKernel}.
 *
 * <pre>
 * struct timespec        { s64 tv_sec; s64 tv_nsec; };
 * struct perf_event_attr { u32 type; u32 size; u64 config; u64 sample_period; u64 sample_type; u64 read_format; u64 flags; … };
 * </pre>
 */
public final class Instruments implements AutoCloseable {
    private static final int CPUCLOCK_SCHED = 2; // the whole process, threads that have ended included, in nanoseconds
    private static final int PERF_TYPE_TRACEPOINT = 2;
    private static final int PERF_ATTR_SIZE_VER0 = 64;
    private static final int INHERIT = 1 << 1; // threads that the thread starts from now on count too
    private static final int PERF_FLAG_FD_CLOEXEC = 8;
    private static final int ANY_CPU = -1;
    private static final int NO_GROUP = -1;
    private static final long PERF_EVENT_OPEN =
            System.getProperty("os.arch", "").equals("aarch64") ? 241 : 298;

    private static final int ATTR_TYPE = 0;
    private static final int ATTR_SIZE = 4;
    private static final int ATTR_CONFIG = 8;
    private static final int ATTR_FLAGS = 40;
    private static final long NANOS = 1_000_000_000;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(Libc.stateLayout());
    private final MemorySegment scratch = arena.allocate(PERF_ATTR_SIZE_VER0, Long.BYTES); // for the length of one call

    private Instruments() {}

    /**
     * Instruments for the calling thread.
     *
     * @throws UnsupportedPlatformException when this process cannot make Linux system calls
     */
    public static Instruments open() {
        Platform.check();
        return new Instruments();
    }

    /**
     * The processor time of a process, user and system, all threads: clock_gettime(2) of its clock (clock_getcpuclockid(3)).
     * Needs no privilege.
     *
     * @param pid 1 … 2²²
     * @return nanoseconds; EINVAL when there is no such process
     */
    public long cpuNanos(long pid) {
        int result = LibcExtras.clockGettime(state, ((int) ~pid << 3) | CPUCLOCK_SCHED, scratch.address());
        return result < 0 ? result : scratch.get(JAVA_LONG, 0) * NANOS + scratch.get(JAVA_LONG, Long.BYTES);
    }

    /**
     * A counter that counts from now on how often a thread, or one that it starts, passes a tracepoint: perf_event_open(2).
     * To be closed with {@link Kernel#close}.
     *
     * @param tracepoint the number in {@code events/…/id} of tracefs
     * @param thread a thread's id, of any process
     * @return the descriptor; EACCES or EPERM without CAP_PERFMON, ESRCH, EMFILE, ENOENT without tracepoints
     */
    public int count(long tracepoint, long thread) {
        scratch.fill((byte) 0);
        scratch.set(JAVA_INT, ATTR_TYPE, PERF_TYPE_TRACEPOINT);
        scratch.set(JAVA_INT, ATTR_SIZE, PERF_ATTR_SIZE_VER0);
        scratch.set(JAVA_LONG, ATTR_CONFIG, tracepoint);
        scratch.set(JAVA_LONG, ATTR_FLAGS, INHERIT);
        return (int) LibcExtras.syscall(
                state, PERF_EVENT_OPEN, scratch.address(), thread, ANY_CPU, NO_GROUP, PERF_FLAG_FD_CLOEXEC);
    }

    /** What a counter has counted; EIO and the like when it cannot be read. */
    public long counted(int counter) {
        long result = Libc.read(state, counter, scratch.address(), Long.BYTES);
        return result < 0 ? result : scratch.get(JAVA_LONG, 0);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
