package dev.sluice.proxy.stats;

/**
 * What a loop has told of itself when it was asked.
 *
 * @param pipesLeased pipes with bytes in them, which flows have borrowed
 * @param pipesPooled empty pipes that are kept for the next ones
 * @param silentNanos how long ago it was asked what it has not answered yet: for so long at least it has been in one turn; 0 when it has
 */
public record LoopSample(int pipesLeased, int pipesPooled, long silentNanos) {
    /** Of one that has not told anything yet. */
    public static final LoopSample NONE = new LoopSample(0, 0);

    /** Of one that has answered. */
    public LoopSample(int pipesLeased, int pipesPooled) {
        this(pipesLeased, pipesPooled, 0);
    }

    /** The same, of one that has not answered for so long. */
    public LoopSample silentFor(long nanos) {
        return new LoopSample(pipesLeased, pipesPooled, nanos);
    }
}
