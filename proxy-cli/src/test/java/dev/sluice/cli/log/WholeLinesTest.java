package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WholeLinesTest {
    /** A disk that has room for so many bytes. */
    private static final class Disk extends FileChannel {
        private final StringBuilder text = new StringBuilder();
        private int room = Integer.MAX_VALUE;
        private int busy;

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            if (busy > 0) {
                busy--;
                return 0; // EAGAIN
            }
            int count = Math.min(room, bytes.remaining());
            if (count == 0) {
                throw new IOException("No space left on device");
            }
            room -= count;
            byte[] some = new byte[count];
            bytes.get(some);
            text.append(new String(some, StandardCharsets.US_ASCII));
            return count;
        }

        @Override
        protected void implCloseChannel() {}

        @Override
        public int read(ByteBuffer bytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long read(ByteBuffer[] bytes, int from, int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long write(ByteBuffer[] bytes, int from, int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position() {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel position(long to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long size() {
            return text.length();
        }

        @Override
        public FileChannel truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void force(boolean metadata) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(ByteBuffer bytes, long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(ByteBuffer bytes, long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock lock(long position, long size, boolean shared) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) {
            throw new UnsupportedOperationException();
        }
    }

    private final Disk disk = new Disk();
    private final WholeLines lines = new WholeLines(disk);

    private void write(String text) throws IOException {
        lines.write((text + "of another batch\n").getBytes(StandardCharsets.US_ASCII), text.length());
    }

    private void fails(String text, int kept) {
        assertThrows(IOException.class, () -> write(text));
        assertEquals(kept, lines.kept());
    }

    @Test
    void theRestOfALineGoesBeforeTheNext() throws IOException {
        disk.room = 6;
        fails("one\ntwo\nthree\n", 2);
        assertEquals("one\ntw", disk.text.toString());
        fails("four\n", 0);
        disk.room = 1;
        fails("five\n", 0);
        disk.room = 100;
        write("six\n");
        assertEquals("one\ntwo\nsix\n", disk.text.toString());
    }

    @Test
    void aDiskThatIsFullAtTheEndOfALine() throws IOException {
        disk.room = 4;
        fails("one\ntwo\n", 1);
        disk.room = 100;
        write("three\n");
        assertEquals("one\nthree\n", disk.text.toString());
    }

    @Test
    void oneByteAtATime() throws IOException {
        disk.room = 0;
        fails("one\n", 0);
        disk.room = 1;
        fails("two\n", 1);
        for (int i = 0; i < 3; i++) {
            disk.room = 1;
            fails("lost\n", 0);
        }
        disk.room = 100;
        write("three\n");
        assertEquals("two\nthree\n", disk.text.toString());
    }

    /** The disk was full, and what makes room cuts the file to nothing. */
    @Test
    void theRestOfALineThatWasTruncatedAwayIsLost() throws IOException {
        disk.room = 6;
        fails("one\ntwo\n", 2);
        assertEquals(0, lines.takeLost());
        disk.text.setLength(0);
        disk.room = 100;
        write("three\n");
        assertEquals("three\n", disk.text.toString());
        assertEquals(1, lines.takeLost());
        assertEquals(0, lines.takeLost(), "it is counted once");
    }

    @Test
    void whatIsBusyIsWaitedFor() throws IOException {
        disk.busy = 4;
        long start = System.nanoTime();
        write("one\n");
        assertEquals("one\n", disk.text.toString());
        assertTrue(System.nanoTime() - start >= 15_000_000, "it spins");
    }

    @Test
    void closingEndsTheLineIfItCan() throws IOException {
        disk.room = 2;
        fails("one\n", 1);
        disk.room = 100;
        lines.close();
        assertEquals("one\n", disk.text.toString());
        assertEquals(0, lines.takeLost());
    }

    @Test
    void aLineThatClosingCannotEndIsLost() {
        disk.room = 2;
        fails("one\n", 1);
        assertThrows(IOException.class, lines::close);
        assertEquals(1, lines.takeLost());
    }
}
