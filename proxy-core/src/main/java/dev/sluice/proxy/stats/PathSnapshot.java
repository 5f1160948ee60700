package dev.sluice.proxy.stats;

/**
 * What the kernel has measured of the connections to an endpoint (tcp(7), TCP_INFO): of each when it ended, and now and then of those that
 * live.
 *
 * @param rttSamples how often a round-trip time was read
 * @param rttMicros the sum of those, microseconds
 * @param recentRttMicros the mean of those that were read last, −1 when none was in the last minute
 * @param retransmits segments that were sent again
 */
public record PathSnapshot(long rttSamples, long rttMicros, long recentRttMicros, long retransmits) {
    /** Nothing was measured. */
    public static final PathSnapshot NONE = new PathSnapshot(0, 0, -1, 0);
}
