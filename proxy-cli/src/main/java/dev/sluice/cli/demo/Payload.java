package dev.sluice.cli.demo;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/**
 * The bytes that are sent: a block of random ones, again and again. Its length is a prime, so that no page, pipe or buffer that is
 * lost, doubled or swapped can go unnoticed by the hash.
 */
final class Payload {
    static final int BLOCK = 1_048_573;

    private static final byte[] BYTES = new byte[BLOCK];
    private static final ByteBuffer DIRECT = ByteBuffer.allocateDirect(BLOCK);

    static {
        new Random(1).nextBytes(BYTES);
        DIRECT.put(0, BYTES);
    }

    private Payload() {}

    /** The block, off-heap, as a buffer of the caller's own. */
    static ByteBuffer block() {
        return DIRECT.duplicate();
    }

    /** What SHA-256 of so many bytes is. */
    static String sha256(long bytes) {
        MessageDigest digest = digest();
        for (long left = bytes; left > 0; left -= BLOCK) {
            digest.update(BYTES, 0, (int) Math.min(left, BLOCK));
        }
        return hex(digest);
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
