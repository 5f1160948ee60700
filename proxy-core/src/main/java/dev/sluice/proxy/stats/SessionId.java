package dev.sluice.proxy.stats;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.OptionalLong;

/**
 * What a session is called: a number within the process, with its loop in the high bits, and a word for everybody else, which no other
 * session has, in any process and at any time. A loop only counts; the word is made by who writes it.
 *
 * <p>The word is {@code process-loop-number}, at most 24 characters of {@code [0-9a-z-]}: something random that was drawn once for this
 * process, then loop and number to the base of 36.
 */
public final class SessionId {
    /** Base of the numbers in the word. */
    public static final int RADIX = 36;

    /** A million sessions a second for nine years. */
    private static final int NUMBER_BITS = 48;

    private static final long NUMBERS = (1L << NUMBER_BITS) - 1;

    /** Of one loop: counts from 1. For its thread only. */
    public static final class Source {
        private long last;

        /**
         * @param loop its index, 0 … 255
         */
        public Source(int loop) {
            last = (long) loop << NUMBER_BITS;
        }

        public long next() {
            return ++last;
        }
    }

    /** Drawn when the first word is made. */
    private static final class ThisProcess {
        /** Ten digits to the base of 32, 49 bits of them random. */
        private static final int BITS = 49;

        static final String WORD = Long.toString((1L << BITS) | (random() & ((1L << BITS) - 1)), 32);

        private ThisProcess() {}

        /** Not of {@link SecureRandom} if that can be helped: its providers take longer to load than a start may. */
        private static long random() {
            try (InputStream random = Files.newInputStream(Path.of("/dev/urandom"))) {
                return ByteBuffer.wrap(random.readNBytes(Long.BYTES)).getLong();
            } catch (IOException e) {
                return new SecureRandom().nextLong();
            }
        }
    }

    private SessionId() {}

    /** What the words of all sessions of this process begin with, and those of no other: it names the process. */
    public static String process() {
        return ThisProcess.WORD;
    }

    /** The loop that the session lives on. */
    public static int loop(long id) {
        return (int) (id >>> NUMBER_BITS);
    }

    /** Its number on that loop, which is the last part of the word. */
    public static long number(long id) {
        return id & NUMBERS;
    }

    /** The word for it. */
    public static String text(long id) {
        return ThisProcess.WORD + '-' + Integer.toString(loop(id), RADIX) + '-' + Long.toString(number(id), RADIX);
    }

    /** The session of this process that a word means; empty when it is of another one, or no such word. */
    public static OptionalLong parse(String text) {
        String[] parts = text.split("-", -1);
        if (parts.length != 3 || !parts[0].equals(ThisProcess.WORD)) {
            return OptionalLong.empty();
        }
        try {
            long id = (Long.parseLong(parts[1], RADIX) << NUMBER_BITS) | Long.parseLong(parts[2], RADIX);
            // What can be read in more than one way has one way to be written.
            return text(id).equals(text) ? OptionalLong.of(id) : OptionalLong.empty();
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
