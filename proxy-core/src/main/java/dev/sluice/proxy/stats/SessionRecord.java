package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RelayMode;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a connection while it lives: filled in on the way, and read by whoever asks. For its loop's thread only.
 *
 * <p>There is one for every idle session, so it is small: times since the accept are floats of microseconds, exact to 16 seconds and to
 * seven digits beyond.
 */
public final class SessionRecord {
    /** What all connections of a route have in common. */
    public record Common(String listener, @Nullable String upstream, RelayMode relay) {}

    private static final float NEVER = -1;
    private static final AcceptTimes TIMES = new AcceptTimes(System::currentTimeMillis);

    private final long id;
    private final long acceptedAt;
    private final Address client;
    private Common common;
    private @Nullable Address endpoint;
    private @Nullable EndCause cause;
    private float connected = NEVER;
    private float waited;
    private float firstUp = NEVER;
    private float firstDown = NEVER;
    private int rttMicros = -1;
    private int retransmits = -1;
    private short tries;
    /** Unsigned: the kernel's go to 133. */
    private byte errno;

    /** Of {@link #TIMES}. */
    private final byte offset;

    /**
     * @param id of {@link SessionId.Source}
     * @param acceptedAt the loop's clock, nanoseconds
     */
    public SessionRecord(long id, Address client, Common common, long acceptedAt) {
        this.id = id;
        this.client = client;
        this.common = common;
        this.acceptedAt = acceptedAt;
        this.offset = TIMES.present();
    }

    public long id() {
        return id;
    }

    public Address client() {
        return client;
    }

    public Common common() {
        return common;
    }

    /** What {@link #tried} or {@link #connected} said last, null for nothing. */
    public @Nullable Address endpoint() {
        return endpoint;
    }

    /** The loop's clock when it was accepted, nanoseconds. */
    public long acceptedAt() {
        return acceptedAt;
    }

    /** It goes by another configuration of its listener. */
    public void by(Common other) {
        common = other;
    }

    /**
     * How far it has come with connecting.
     *
     * @param last the address that is being tried or was tried last; null when there was none since the last time that this was said
     * @param attempts so far
     * @param waitedNanos so far, in which no attempt was under way
     */
    public void tried(@Nullable Address last, int attempts, long waitedNanos) {
        if (last != null) {
            endpoint = last;
        }
        tries = (short) Math.min(Short.MAX_VALUE, attempts);
        waited = waitedNanos / 1000F;
    }

    /** An endpoint was connected to at this time of the loop's clock. */
    public void connected(Address to, long at) {
        endpoint = to;
        connected = since(at);
    }

    /** Microseconds from the accept until an endpoint was connected to; −1 before. */
    public long connectMicros() {
        return (long) connected;
    }

    /** The loop's clock when an endpoint was connected to, to the microsecond at best; of no meaning before. */
    public long connectedAt() {
        return acceptedAt + 1000 * (long) connected;
    }

    /** The first byte was given to the upstream, at this time of the loop's clock. */
    public void firstUp(long at) {
        firstUp = since(at);
    }

    /** The first byte was given to the client, at this time of the loop's clock. */
    public void firstDown(long at) {
        firstDown = since(at);
    }

    /** What the kernel tells of the upstream's socket. */
    public void path(int smoothedRttMicros, int segmentsSentAgain) {
        rttMicros = smoothedRttMicros;
        retransmits = segmentsSentAgain;
    }

    /** What the kernel told last, −1 for nothing. */
    public int retransmits() {
        return retransmits;
    }

    /**
     * Why it ends; what is said last counts.
     *
     * @param error the errno behind it, 0 for none
     */
    public void because(EndCause why, int error) {
        cause = why;
        errno = (byte) error;
    }

    /** Why it ends, as far as is known; null before anything was said. */
    public @Nullable EndCause cause() {
        return cause;
    }

    private float since(long at) {
        long micros = (at - acceptedAt) / 1000;
        return (float) Math.max(0, micros);
    }

    /**
     * What is known at this moment.
     *
     * @param now the loop's clock
     * @param up bytes given to the upstream
     * @param down bytes given to the client
     * @param spliced of both, those that stayed in the kernel
     */
    public SessionSnapshot snapshot(long now, long up, long down, long spliced) {
        return new SessionSnapshot(
                id,
                common.listener(),
                client,
                common.upstream(),
                endpoint,
                common.relay(),
                TIMES.millis(offset, acceptedAt),
                up,
                down,
                spliced,
                tries,
                (long) waited,
                connectMicros(),
                (long) firstUp,
                (long) firstDown,
                (now - acceptedAt) / 1000,
                rttMicros,
                retransmits);
    }

    /**
     * It has ended; otherwise as {@link #snapshot}.
     *
     * @param refusal why it was turned away at once, null for one that was not
     */
    public SessionEnd end(long now, long up, long down, long spliced, @Nullable Refusal refusal) {
        EndCause why = cause == null ? EndCause.CLIENT_CLOSED : cause;
        return new SessionEnd(snapshot(now, up, down, spliced), why, Byte.toUnsignedInt(errno), refusal);
    }
}
