package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;

/** A connection that is in use for as long as a test goes on. */
public final class LongStream {
    private static final int CHUNK = 32 << 10;

    private LongStream() {}

    /** A new SHA-256. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Sends to one who echoes until it is over, and compares what comes back by its SHA-256; how many bytes that was. */
    public static long echo(Socket client, AtomicBoolean over) throws IOException, InterruptedException {
        MessageDigest sent = sha256();
        MessageDigest received = sha256();
        Random random = Chance.of("LongStream");
        byte[] out = new byte[CHUNK];
        long bytes = 0;
        while (!over.get()) {
            random.nextBytes(out);
            sent.update(out);
            client.getOutputStream().write(out);
            byte[] in = client.getInputStream().readNBytes(CHUNK);
            assertEquals(CHUNK, in.length, "the stream has ended");
            received.update(in);
            bytes += CHUNK;
            Thread.sleep(2);
        }
        assertArrayEquals(sent.digest(), received.digest());
        return bytes;
    }
}
