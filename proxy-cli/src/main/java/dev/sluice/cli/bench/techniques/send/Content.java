package dev.sluice.cli.bench.techniques.send;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** The bytes of the file: the same noise again and again, each page stamped with its number, so that no two pages are alike. */
public final class Content {
    public static final int PAGE = 4096;
    public static final int BLOCK = 1 << 20;

    private final byte[] noise = new byte[BLOCK];

    public Content() {
        new Random(1).nextBytes(noise);
    }

    /**
     * Writes the bytes from {@code position} on to the start of the segment.
     *
     * @param position a multiple of a page, as is {@code length}
     */
    public void copyTo(MemorySegment target, long position, long length) {
        for (long done = 0; done < length; done += PAGE) {
            long at = position + done;
            MemorySegment.copy(MemorySegment.ofArray(noise), at % BLOCK, target, done, PAGE);
            target.set(JAVA_LONG_UNALIGNED, done, at / PAGE);
        }
    }

    /** SHA-256 of the first bytes, in hexadecimal. */
    public String digest(long length) {
        MessageDigest digest = sha256();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(BLOCK);
            for (long done = 0; done < length; done += BLOCK) {
                long count = Math.min(BLOCK, length - done);
                copyTo(block, done, count);
                digest.update(block.asSlice(0, count).asByteBuffer());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
