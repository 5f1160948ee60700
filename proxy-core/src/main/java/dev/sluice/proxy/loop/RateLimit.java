package dev.sluice.proxy.loop;

/** Lets one through in a while: for warnings that would otherwise come with every connection. */
public final class RateLimit {
    private final long intervalNanos;
    private long next;
    private boolean first = true;

    /** For warnings of one kind: one in ten seconds. */
    public static RateLimit ofWarnings() {
        return new RateLimit(10_000_000_000L);
    }

    /**
     * @param intervalNanos the least time between two that pass
     */
    public RateLimit(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    /**
     * Whether this one passes.
     *
     * @param now nanoseconds, never going back
     */
    public boolean passes(long now) {
        if (!first && now - next < 0) {
            return false;
        }
        first = false;
        next = now + intervalNanos;
        return true;
    }
}
