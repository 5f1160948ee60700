package dev.sluice.proxy.stats;

/**
 * What a loop has told of itself when it was asked.
 *
 * @param pipesLeased pipes with bytes in them, which flows have borrowed
 * @param pipesPooled empty pipes that are kept for the next ones
 */
public record LoopSample(int pipesLeased, int pipesPooled) {
    /** Of one that has not told anything yet. */
    public static final LoopSample NONE = new LoopSample(0, 0);
}
