package dev.sluice.tests.testkit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A stream whose every byte is known from its tag and its position, at no cost worth mentioning. So a receiver checks each byte
 * as it comes and can name the first that is wrong; a byte that is lost, doubled, or another stream's, shows within a few bytes.
 */
public final class TaggedBytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long tag;
    private final byte[] block;
    private long blockInPlace = -1;

    /**
     * @param blockSize how much of the stream is computed at a time, a multiple of 8
     */
    public TaggedBytes(long tag, int blockSize) {
        this.tag = tag;
        this.block = new byte[blockSize];
    }

    /** The block that holds this position; belongs to this object. */
    public byte[] blockOf(long position) {
        long wanted = position / block.length;
        if (wanted != blockInPlace) {
            long word = wanted * (block.length / Long.BYTES);
            for (int i = 0; i < block.length; i += Long.BYTES) {
                LONGS.set(block, i, mix(tag * 0x9E3779B97F4A7C15L + word++));
            }
            blockInPlace = wanted;
        }
        return block;
    }

    public int offsetOf(long position) {
        return (int) (position % block.length);
    }

    /** Fails unless the bytes are the stream's at this position. */
    public void check(byte[] received, int length, long position) {
        int done = 0;
        while (done < length) {
            byte[] expected = blockOf(position + done);
            int offset = offsetOf(position + done);
            int n = Math.min(length - done, expected.length - offset);
            int wrong = Arrays.mismatch(received, done, done + n, expected, offset, offset + n);
            if (wrong >= 0) {
                throw new AssertionError("stream " + tag + ": byte " + (position + done + wrong) + " is "
                        + received[done + wrong] + ", should be " + expected[offset + wrong]);
            }
            done += n;
        }
    }

    /** Spreads neighbouring numbers over all 64 bits. */
    private static long mix(long n) {
        long a = (n ^ (n >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
