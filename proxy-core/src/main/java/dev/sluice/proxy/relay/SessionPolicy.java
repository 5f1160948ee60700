package dev.sluice.proxy.relay;

import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.stats.SessionRecord;

/**
 * What all sessions of a listener have in common.
 *
 * @param listener its name
 * @param relay how bytes cross
 * @param idleNanos a session that moves no byte for this long ends; 0 = never
 * @param halfCloseNanos the same once a direction has ended; 0 = never
 * @param breakNanos how long the last bytes of a broken peer may be held up on their way to the other, > 0
 * @param coalesceNanos how long the bytes of a stream that runs one way may gather before they go on; 0 = not at all
 * @param maxAgeNanos the age at which a session ends, give or take a tenth; 0 = none
 * @param tellsStart whether they tell that they have begun
 * @param tellNanos how often they tell that they live; 0 = never
 * @param upstreamTcp options of the upstream's socket; the client's has its own from the listener's
 */
public record SessionPolicy(
        String listener,
        RelayMode relay,
        long idleNanos,
        long halfCloseNanos,
        long breakNanos,
        long coalesceNanos,
        long maxAgeNanos,
        boolean tellsStart,
        long tellNanos,
        TcpSettings upstreamTcp) {
    private static final long DEFAULT_BREAK_NANOS = 30_000_000_000L;
    private static final double AGE_SPREAD = 0.1;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L; // 2^64 / the golden ratio
    private static final int BITS = 52;

    /**
     * When a session is too old, by the loop's clock; not the same for all, so that they do not all end at once. It follows from the id, which
     * need not be remembered besides: multiples of the golden ratio lie far apart, however few there are.
     */
    long ageLimit(SessionRecord record) {
        double share = ((record.id() * GOLDEN) >>> (Long.SIZE - BITS)) / (double) (1L << BITS); // 0 … 1
        return record.connectedAt() + maxAgeNanos + (long) (maxAgeNanos * AGE_SPREAD * (2 * share - 1));
    }

    /** The policy that a listener's configuration asks for, with the socket options of its upstream. */
    public static SessionPolicy of(ListenerConfig listener, TcpSettings upstreamTcp) {
        long idle = listener.timeouts().idle().toNanos();
        long halfClose = listener.timeouts().effectiveHalfClose().toNanos();
        return new SessionPolicy(
                listener.name(),
                listener.relay(),
                idle,
                halfClose,
                halfClose > 0 ? halfClose : DEFAULT_BREAK_NANOS,
                listener.coalesce().toNanos(),
                listener.timeouts().maxAge().toNanos(),
                listener.reports().start(),
                listener.reports().interval().toNanos(),
                upstreamTcp);
    }
}
