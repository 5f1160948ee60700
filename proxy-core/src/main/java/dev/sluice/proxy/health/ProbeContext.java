package dev.sluice.proxy.health;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.upstream.ConnectContext;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** What all probes share. On control's thread only. */
public final class ProbeContext {
    /** Bytes that are read at once. */
    static final int BUFFER = 4 << 10;

    private static final long WARNINGS_NANOS = 10_000_000_000L;
    /** In that time, of endpoints that cannot be asked. */
    static final int MOST_WARNINGS = 8;

    final Kernel kernel;
    final EventLoop loop;
    final ConnectContext connect;
    final DescriptorBudget budget;
    final RandomGenerator random;
    final Roles roles;
    final Workers workers;
    private final Consumer<String> warnings;
    private long warnedFrom;
    private int warned;
    /** What is said is written from here, and what is heard is read to here. */
    final MemorySegment buffer;

    /**
     * @param loop control's
     * @param connect of the same loop
     * @param budget the process's
     * @param roles who asks database servers for their roles
     * @param random for the times of probes
     * @param warnings is told what an operator should know
     */
    public ProbeContext(
            Kernel kernel,
            EventLoop loop,
            ConnectContext connect,
            DescriptorBudget budget,
            Roles roles,
            RandomGenerator random,
            Consumer<String> warnings) {
        this.kernel = kernel;
        this.loop = loop;
        this.connect = connect;
        this.budget = budget;
        this.roles = roles;
        this.workers = new Workers(loop);
        this.random = random;
        this.warnings = warnings;
        this.buffer = kernel.allocate(BUFFER);
        this.warnedFrom = loop.now();
    }

    /** Something that an operator should know, and that does not happen again and again. */
    void tell(String text) {
        warnings.accept(text);
    }

    /**
     * An endpoint could not be asked; one such warning in a while for each, and so many in a while for all of them.
     *
     * @param own the endpoint's
     */
    void warn(RateLimit own, String text) {
        long now = loop.now();
        if (now - warnedFrom >= WARNINGS_NANOS) {
            warnedFrom = now;
            warned = 0;
        }
        if (warned < MOST_WARNINGS && own.passes(now)) {
            warned++;
            warnings.accept(text);
        }
    }
}
