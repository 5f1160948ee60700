package dev.sluice.proxy.relay;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopSample;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.stats.SessionReport;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the sessions of one loop share. */
public final class RelayContext implements AutoCloseable {
    /** No time of the clock, for all that matters. */
    private static final long NEVER = Long.MIN_VALUE;

    private final Kernel kernel;
    private final EventLoop loop;
    private final LoopStats stats;
    private final ProxyObserver observer;
    private final AtomicInteger load;
    private final PipePool pipes;
    private final StashPool stashes;
    private final CopyConduit copy;
    private final ConduitChoice copying;
    private final ConduitChoice splicing;
    private final ConduitChoice adapting;
    private final AtomicLong lastEnd = new AtomicLong(NEVER);
    private Runnable onShortage = () -> {};

    /**
     * @param load sessions that the loop has, or is about to be given; counted down when one ends
     * @param budget the descriptors of the process: pipes claim theirs
     * @param buffers what bytes in flight are kept in
     * @param loops of the process: each may use its share of the memory for stashes
     */
    public RelayContext(
            Kernel kernel,
            EventLoop loop,
            ProxyObserver observer,
            AtomicInteger load,
            DescriptorBudget budget,
            BufferSettings buffers,
            int loops) {
        this.kernel = kernel;
        this.loop = loop;
        this.stats = loop.stats();
        this.observer = observer;
        this.load = load;
        this.pipes = new PipePool(
                kernel, loop, observer, budget, () -> onShortage.run(), buffers.pipeSize(), PipePool.TRIM_NANOS);
        this.stashes = new StashPool(stats, Math.max(BufferSettings.MIN_STASH_LIMIT, buffers.stashLimit() / loops));
        this.copy = new CopyConduit(kernel, stats, stashes, buffers.copyBuffer());
        this.copying = new ConduitChoice.Copying(copy);
        SpliceSupport support = new SpliceSupport(kernel, loop, observer);
        SpliceConduit splice = new SpliceConduit(kernel, pipes, support, copy);
        this.splicing = new ConduitChoice.Splicing(splice, copy, support, stats);
        this.adapting = new ConduitChoice.Adapting(splicing, copy, stats, buffers.copyBuffer());
    }

    public Kernel kernel() {
        return kernel;
    }

    public EventLoop loop() {
        return loop;
    }

    public LoopStats stats() {
        return stats;
    }

    CopyConduit copy() {
        return copy;
    }

    ConduitChoice choice(RelayMode mode) {
        return switch (mode) {
            case SPLICE -> splicing;
            case COPY -> copying;
            case AUTO -> adapting;
        };
    }

    /** A session has ended, or a connection that never became one, and its descriptors are closed: it counts no more. */
    public void gone() {
        lastEnd.setOpaque(loop.now()); // before: who reads that none is left finds when the last one went
        load.decrementAndGet();
        stats.add(Counter.ACTIVE, -1);
    }

    /** When the last one has gone, in terms of {@link EventLoop#now}; none when none has. From any thread. */
    public OptionalLong lastEnd() {
        long end = lastEnd.getOpaque();
        return end == NEVER ? OptionalLong.empty() : OptionalLong.of(end);
    }

    /**
     * Who is told that there is no pipe.
     *
     * @param tell asks all loops to give back what they keep idle
     */
    public void onShortage(Runnable tell) {
        onShortage = tell;
    }

    /** Whether somebody wants to know at the end of a session what the kernel has measured. */
    boolean wantsTcpInfo() {
        return observer.wantsTcpInfo();
    }

    /** What the loop has at this moment. */
    public LoopSample sample() {
        int pooled = pipes.pooled();
        return new LoopSample((int) stats.get(Counter.PIPES_OPEN) - pooled, pooled);
    }

    /** Tells how it ended, after {@link #gone}: that needs no memory, and this may. */
    public void tell(SessionEnd end) {
        observer.sessionEnded(end);
    }

    /** A session begins to relay. */
    void connected(SessionRecord record) {
        observer.sessionConnected(record.common().upstream(), record.connectMicros());
    }

    /** Tells that it has begun, or lives. */
    void report(SessionReport report) {
        observer.sessionReported(report);
    }

    /** Tells the operator. */
    public void warn(String text) {
        observer.warning(text);
    }

    /**
     * Gives back at once what is kept for later and not needed now: idle pipes with their descriptors, and memory. For when
     * somebody else is short of it; on the loop's thread.
     */
    public void trim() {
        try {
            pipes.trim();
        } finally {
            stashes.trim();
        }
    }

    /** Gives back pools; every session has ended. */
    @Override
    public void close() {
        try {
            pipes.close();
        } finally {
            stashes.trim();
        }
    }
}
