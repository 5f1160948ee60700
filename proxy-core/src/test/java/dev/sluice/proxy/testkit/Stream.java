package dev.sluice.proxy.testkit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An endless stream of bytes unlike any other: every eight of them are made of the stream's number and of their place, so that a
 * byte lost, doubled, moved or of another session shows.
 *
 * @param tag the stream's number
 */
public record Stream(long tag) {
    private static final AtomicLong TAGS = new AtomicLong();

    /** One that no other test has. */
    public static Stream fresh() {
        return new Stream(TAGS.incrementAndGet());
    }

    private byte at(long position) {
        long word = (tag << 40) + (position >>> 3);
        word = (word ^ (word >>> 30)) * 0xbf58476d1ce4e5b9L;
        word = (word ^ (word >>> 27)) * 0x94d049bb133111ebL;
        return (byte) ((word ^ (word >>> 31)) >>> ((position & 7) << 3));
    }

    /** Puts the stream's bytes from {@code position} on into the memory's first bytes. */
    public void fill(MemorySegment memory, long position, long length) {
        for (long i = 0; i < length; i++) {
            memory.set(JAVA_BYTE, i, at(position + i));
        }
    }

    /** That the memory begins with the stream's bytes from {@code position} on. */
    public void check(MemorySegment memory, long position, long length) {
        for (long i = 0; i < length; i++) {
            if (memory.get(JAVA_BYTE, i) != at(position + i)) {
                throw new AssertionError("not the byte of stream " + tag + " at " + (position + i));
            }
        }
    }
}
