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

    final Kernel kernel;
    final EventLoop loop;
    final ConnectContext connect;
    final DescriptorBudget budget;
    final RandomGenerator random;
    final Roles roles;
    final Workers workers;
    private final Consumer<String> warnings;
    private final RateLimit shortages = RateLimit.ofWarnings();
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
    }

    /** Something that an operator should know, and that does not happen again and again. */
    void tell(String text) {
        warnings.accept(text);
    }

    /** This side was short of something; one such warning in a while. */
    void warn(String text) {
        if (shortages.passes(loop.now())) {
            warnings.accept(text);
        }
    }
}
