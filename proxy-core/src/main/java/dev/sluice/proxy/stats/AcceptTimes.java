package dev.sluice.proxy.stats;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * Says what time of day a connection was accepted at: the same however often it is asked, whatever becomes of the clock of the day
 * meanwhile. {@link System#nanoTime()} goes as fast as that clock does, and is behind it by an offset, which is drawn anew when the clock
 * was set, or the machine slept. A connection keeps the number of its own; there are so many that one is not used again while there are
 * sessions from before 255 such steps. For any thread.
 */
final class AcceptTimes {
    /** Two clocks are not read at once; what is below is no step. */
    private static final long STEP_NANOS = 100_000_000;

    private static final int OFFSETS = 256;

    private final LongSupplier wallMillis;
    private final AtomicLongArray offsets = new AtomicLongArray(OFFSETS);
    private volatile byte present;

    /**
     * @param wallMillis the time of day, milliseconds since 1970
     */
    AcceptTimes(LongSupplier wallMillis) {
        this.wallMillis = wallMillis;
        offsets.set(0, offset());
    }

    private long offset() {
        return wallMillis.getAsLong() * 1_000_000 - System.nanoTime();
    }

    /** The number of the offset that holds now. */
    byte present() {
        byte number = present;
        return isOf(number, offset()) ? number : renew();
    }

    private boolean isOf(byte number, long offset) {
        return Math.abs(offset - offsets.get(Byte.toUnsignedInt(number))) < STEP_NANOS;
    }

    private synchronized byte renew() {
        long offset = offset();
        if (!isOf(present, offset)) {
            byte next = (byte) (present + 1);
            offsets.set(Byte.toUnsignedInt(next), offset);
            present = next;
        }
        return present;
    }

    /**
     * The time of day, milliseconds since 1970.
     *
     * @param number of {@link #present}, at the time of the accept
     * @param nanos {@link System#nanoTime()} of the accept
     */
    long millis(byte number, long nanos) {
        return (offsets.get(Byte.toUnsignedInt(number)) + nanos) / 1_000_000;
    }
}
