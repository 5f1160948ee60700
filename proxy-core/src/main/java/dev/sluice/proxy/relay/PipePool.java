package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Pipes;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The empty pipes of one loop, last in, first out: the one used last is the one whose ring is still in the cache. A flow
 * borrows a pipe while it has bytes in flight, so a loop needs few.
 *
 * <p>Only empty pipes are in here. One with bytes in it is closed: nobody else may ever see them.
 */
final class PipePool {
    /** Idle pipes kept; an idle pipe is 2.5 KB of kernel memory, and counts towards its user's limit. */
    private static final int KEPT = 64;

    /** A pipe of fewer slots moves so little that copying is better, unless it is what was asked for. */
    private static final int USEFUL_SLOTS = 16;

    /** After the system refused a pipe: how long it is not asked again. */
    private static final long SHORTAGE_NANOS = 1_000_000_000L;

    private final Kernel kernel;
    private final LoopStats stats;
    private final int size;
    private final int pageSize;
    private final ArrayDeque<Pipe> idle = new ArrayDeque<>(KEPT);
    private long shortUntil;
    private boolean isShort;
    private final ProxyObserver observer;
    private final RateLimit shortageWarnings = new RateLimit(RelayContext.WARNING_INTERVAL);
    private final RateLimit sizeWarnings = new RateLimit(Long.MAX_VALUE / 2);

    /**
     * @param size bytes to ask for each pipe
     */
    PipePool(Kernel kernel, LoopStats stats, ProxyObserver observer, int size) {
        this.kernel = kernel;
        this.stats = stats;
        this.observer = observer;
        this.size = size;
        this.pageSize = kernel.pageSize();
    }

    /**
     * An empty pipe, or null when none of use is to be had, for now.
     *
     * @param now the loop's clock
     */
    @Nullable
    Pipe borrow(long now) {
        Pipe pipe = idle.pollLast();
        if (pipe != null) {
            return pipe;
        }
        if (isShort && now - shortUntil < 0) {
            return null;
        }
        return create(now);
    }

    /** Takes back an empty pipe. */
    void giveBack(Pipe pipe) {
        if (idle.size() < KEPT) {
            idle.addLast(pipe);
        } else {
            discard(pipe);
        }
    }

    /** Closes a pipe with whatever is in it. */
    void discard(Pipe pipe) {
        kernel.close(pipe.readEnd());
        kernel.close(pipe.writeEnd());
        stats.add(Counter.PIPES_OPEN, -1);
    }

    void close() {
        Pipe pipe;
        while ((pipe = idle.pollLast()) != null) {
            discard(pipe);
        }
    }

    private @Nullable Pipe create(long now) {
        long ends = kernel.pipe();
        if (ends < 0) {
            return refused(now, (int) -ends);
        }
        int readEnd = Pipes.readEnd(ends);
        int writeEnd = Pipes.writeEnd(ends);
        // A refusal of the size is no matter by itself: what counts is the size that came of it.
        kernel.setPipeSize(writeEnd, size);
        int got = kernel.getPipeSize(writeEnd);
        if (got < Math.min(size, USEFUL_SLOTS * pageSize)) {
            kernel.close(readEnd);
            kernel.close(writeEnd);
            return refused(now, Errno.EPERM);
        }
        if (got < size && sizeWarnings.passes(now)) {
            observer.warning("pipes are of " + (got >> 10) + " KiB, not of " + (size >> 10)
                    + ": more than fs.pipe-max-size, or than fs.pipe-user-pages-soft for all pipes of the user, needs"
                    + " CAP_SYS_RESOURCE ('sluice doctor' does the arithmetic)");
        }
        isShort = false;
        stats.add(Counter.PIPES_OPEN, 1);
        return new Pipe(readEnd, writeEnd, got / pageSize);
    }

    private @Nullable Pipe refused(long now, int errno) {
        isShort = true;
        shortUntil = now + SHORTAGE_NANOS;
        if (shortageWarnings.passes(now)) {
            observer.warning("no pipe to splice through (" + Errno.name(errno) + "): copying instead. "
                    + (errno == Errno.EPERM
                            ? "The user's pipe limit is reached: a smaller pipe size or a higher fs.pipe-user-pages-soft"
                            : "More descriptors (ulimit -n)")
                    + " would help");
        }
        return null;
    }
}
