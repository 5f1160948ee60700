package dev.sluice.tests;

import java.util.Random;

/** Bytes that are the same for everyone who knows their seed. */
final class Payload {
    private Payload() {}

    /** Random bytes. */
    static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
