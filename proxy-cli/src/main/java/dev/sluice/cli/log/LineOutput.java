package dev.sluice.cli.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;

/** Where the lines of a {@link LineQueue} go. Written to by one thread. */
public interface LineOutput extends Closeable {
    /**
     * Writes lines, each with its line feed.
     *
     * @param lines keeps them until this returns, no longer
     * @param length of them all, bytes
     * @throws IOException with the reason, when not all of them were written; {@link #kept} says how many are not lost
     */
    void write(byte[] lines, int length) throws IOException;

    /** Of the lines that the last write has failed with, those that were written all the same, or will be before the next ones. */
    default int kept() {
        return 0;
    }

    /** Of the lines that were kept, those that are lost after all and were not yet answered here. */
    default int takeLost() {
        return 0;
    }

    /**
     * Something may have moved away what is written to: goes over to what is in its place now.
     *
     * @throws IOException with the reason, when that cannot be done; then it goes on as before
     */
    default void reopen() throws IOException {}

    /** Has a write that is under way fail, if it can; from any thread. */
    default void giveUp() throws IOException {}

    /** A stream that is somebody else's to close. */
    static LineOutput borrowed(OutputStream stream) {
        return new LineOutput() {
            @Override
            public void write(byte[] lines, int length) throws IOException {
                stream.write(lines, 0, length);
                stream.flush();
            }

            @Override
            public void close() {}
        };
    }
}
