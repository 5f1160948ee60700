package dev.sluice.proxy.arrive;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * Finds the CancelRequest: PostgreSQL's clients ask in a connection of its own that a query be given up, with the number and the secret of
 * the server process (PostgreSQL's documentation, "Message Formats"). Only the server that has the process can tell; all others drop
 * the request. In TLS it cannot be seen.
 *
 * <p>A client of PostgreSQL speaks first, so one that says nothing wants nothing.
 */
final class PostgresCancel implements Preamble {
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int CODE = 1234 << 16 | 5678;
    /** Its length and its code, which every first message of a client has, bytes. */
    private static final int HEAD = 2 * Integer.BYTES;
    /** With the process and a secret of four bytes. */
    private static final int SHORTEST = 16;
    /** Since protocol 3.2 the secret has up to 256. */
    private static final int LONGEST = 12 + 256;

    @Override
    public long timeoutNanos() {
        return TIMEOUT.toNanos();
    }

    @Override
    public Step look(MemorySegment bytes, int count) {
        if (count < HEAD) {
            return Step.MORE;
        }
        int length = bytes.get(INT, 0);
        if (bytes.get(INT, Integer.BYTES) != CODE || length < SHORTEST || length > LONGEST) {
            return Step.CONNECT;
        }
        return count < length ? Step.MORE : new Step.Everywhere(length);
    }
}
