package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Pipes;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The empty pipes of one loop, last in, first out: the one used last is the one whose ring is still in the cache. A flow
 * borrows a pipe while it has bytes in flight, so a loop needs few.
 *
 * <p>Only empty pipes are in here. One with bytes in it is closed: nobody else may ever see them. A pipe that was idle for a
 * while is closed too, for its two descriptors and its pages count towards limits that others share.
 */
final class PipePool extends Timer {
    /** Of each pipe. */
    private static final int DESCRIPTORS = 2;

    /** Idle pipes kept at most. */
    private static final int KEPT = 64;

    /** As many as a pipe has by default. One of fewer moves so little that copying is better. */
    static final int LEAST_SLOTS = 16;

    /** What is idle for longer costs others more than opening it again costs its user. */
    static final long TRIM_NANOS = 5_000_000_000L;

    /** After the system refused a pipe, or as large a one as was asked for: how long it is not asked again. */
    static final long SHORTAGE_NANOS = 1_000_000_000L;

    private final Kernel kernel;
    private final EventLoop loop;
    private final LoopStats stats;
    private final ProxyObserver observer;
    private final DescriptorBudget budget;
    private final Runnable onShortage;
    private final int pageSize;
    private final int size;
    private final long trimNanos;
    private final ArrayDeque<Pipe> idle = new ArrayDeque<>(KEPT);
    /** The fewest that were idle at once since the timer was last set: so many were not needed. */
    private int unused;

    private boolean trimming;
    private boolean isShort;
    private long shortUntil;
    private long growAt;
    private final RateLimit shortageWarnings = RateLimit.ofWarnings();
    private boolean sizeTold;

    /**
     * @param budget the descriptors of the process
     * @param onShortage asks all loops to give back what they keep idle; at most once in {@link #SHORTAGE_NANOS}
     * @param size bytes to ask for each pipe; it is asked for {@link #LEAST_SLOTS} pages at least, which may be large
     * @param trimNanos what was idle for all of this time, and for twice as long at most, is closed
     */
    PipePool(
            Kernel kernel,
            EventLoop loop,
            ProxyObserver observer,
            DescriptorBudget budget,
            Runnable onShortage,
            int size,
            long trimNanos) {
        this.kernel = kernel;
        this.loop = loop;
        this.stats = loop.stats();
        this.observer = observer;
        this.budget = budget;
        this.onShortage = onShortage;
        this.pageSize = kernel.pageSize();
        this.size = Math.max(size, LEAST_SLOTS * pageSize);
        this.trimNanos = trimNanos;
        this.growAt = loop.now();
    }

    /** An empty pipe, or null when there is none of use for now. */
    @Nullable
    Pipe borrow() {
        Pipe pipe = idle.pollLast();
        if (pipe == null) {
            return isShort && loop.now() - shortUntil < 0 ? null : create();
        }
        unused = Math.min(unused, idle.size());
        return isSmall(pipe) && loop.now() - growAt >= 0 ? grow(pipe) : pipe;
    }

    /** Takes back an empty pipe. */
    void giveBack(Pipe pipe) {
        if (idle.size() == KEPT) {
            discard(pipe);
            return;
        }
        idle.addLast(pipe);
        if (!trimming) {
            trimming = true;
            unused = 0;
            loop.schedule(this, loop.now() + trimNanos);
        }
    }

    /** How many are idle. */
    int pooled() {
        return idle.size();
    }

    /** Closes a pipe with whatever is in it. */
    void discard(Pipe pipe) {
        stats.add(Counter.PIPES_OPEN, -1);
        close(pipe.readEnd(), pipe.writeEnd());
    }

    /** Closes what was not needed since the last time. When nothing is idle any more, the timer rests. */
    @Override
    protected void onTimer(long now) {
        trimming = false;
        while (unused > 0) {
            unused--;
            discard(idle.removeFirst());
        }
        if (!idle.isEmpty()) {
            trimming = true;
            unused = idle.size();
            loop.schedule(this, now + trimNanos);
        }
    }

    /** Closes all idle pipes: somebody else needs the descriptors, or the memory. */
    void trim() {
        Pipe pipe;
        while ((pipe = idle.pollFirst()) != null) {
            discard(pipe);
        }
        unused = 0;
    }

    /** The same for good. */
    void close() {
        loop.cancel(this);
        trim();
    }

    private @Nullable Pipe create() {
        if (!budget.claim(DESCRIPTORS)) {
            return refused(Errno.EMFILE);
        }
        long ends = -Errno.EIO;
        try {
            ends = kernel.pipe();
        } finally {
            if (ends < 0) {
                budget.release(DESCRIPTORS);
            }
        }
        if (ends < 0) {
            return refused((int) -ends);
        }
        Pipe pipe = null;
        try {
            pipe = sized(Pipes.readEnd(ends), Pipes.writeEnd(ends));
        } finally {
            if (pipe == null || pipe.slots() < LEAST_SLOTS) {
                close(Pipes.readEnd(ends), Pipes.writeEnd(ends));
            }
        }
        if (pipe.slots() < LEAST_SLOTS) {
            return refused(Errno.EPERM);
        }
        isShort = false;
        stats.add(Counter.PIPES_OPEN, 1);
        return pipe;
    }

    private Pipe sized(int readEnd, int writeEnd) {
        // A refusal of the size is no matter by itself: what counts is the size that came of it.
        kernel.setPipeSize(writeEnd, size);
        int got = kernel.getPipeSize(writeEnd);
        if (got < size) {
            growAt = loop.now() + SHORTAGE_NANOS;
            if (got >= LEAST_SLOTS * pageSize && !sizeTold) {
                sizeTold = true;
                observer.warning("pipes are of " + (got >> 10) + " KiB, not of " + (size >> 10)
                        + ": more than fs.pipe-max-size, or than fs.pipe-user-pages-soft for all pipes of the user, needs"
                        + " CAP_SYS_RESOURCE ('sluice doctor' does the arithmetic)");
            }
        }
        return new Pipe(readEnd, writeEnd, got / pageSize);
    }

    private boolean isSmall(Pipe pipe) {
        return (long) pipe.slots() * pageSize < size;
    }

    /** The user may have given back pages since this pipe was granted fewer than were asked for. */
    private Pipe grow(Pipe pipe) {
        try {
            return sized(pipe.readEnd(), pipe.writeEnd());
        } catch (RuntimeException | OutOfMemoryError e) {
            discard(pipe);
            throw e;
        }
    }

    private @Nullable Pipe refused(int errno) {
        isShort = true;
        shortUntil = loop.now() + SHORTAGE_NANOS;
        onShortage.run();
        if (shortageWarnings.passes(loop.now())) {
            observer.warning("no pipe to splice through (" + Errno.name(errno) + "): copying instead. "
                    + (errno == Errno.EPERM
                            ? "The user's pipe limit is reached: a smaller pipe size or a higher fs.pipe-user-pages-soft"
                            : "More descriptors (ulimit -n)")
                    + " would help");
        }
        return null;
    }

    private void close(int readEnd, int writeEnd) {
        try {
            kernel.close(readEnd);
        } finally {
            try {
                kernel.close(writeEnd);
            } finally {
                budget.release(DESCRIPTORS);
            }
        }
    }
}
