package dev.sluice.tests.testkit;

import java.util.Random;

/** Bytes that are the same for everyone who knows their seed. */
public final class Payload {
    private Payload() {}

    /** Random bytes. */
    public static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
