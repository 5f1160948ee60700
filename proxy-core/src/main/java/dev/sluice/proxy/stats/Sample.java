package dev.sluice.proxy.stats;

import java.util.List;

/**
 * What all loops have told of themselves when they were asked.
 *
 * @param loops what each data loop has told last, by its index
 * @param silent the names of the loops that have not answered this time, control's among them; none, when all is well
 */
public record Sample(List<LoopSample> loops, List<String> silent) {
    /** Pipes with bytes in them. */
    public long pipesLeased() {
        return loops.stream().mapToLong(LoopSample::pipesLeased).sum();
    }

    /** Empty pipes that are kept for the next ones. */
    public long pipesPooled() {
        return loops.stream().mapToLong(LoopSample::pipesPooled).sum();
    }
}
