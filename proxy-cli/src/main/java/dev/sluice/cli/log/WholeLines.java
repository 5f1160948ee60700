package dev.sluice.cli.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Lines to something that may take a part of one, such as a disk that is full: the rest goes before whatever comes next, so that there are
 * whole lines only.
 */
class WholeLines implements LineOutput {
    private static final byte[] NOTHING = {};
    private static final long FIRST_PAUSE_NANOS = 1_000_000;
    private static final long LAST_PAUSE_NANOS = 100_000_000;

    private volatile FileChannel channel;
    private byte[] rest = NOTHING;
    /** How long the file was when the line was torn that the rest belongs to, in bytes. */
    private long tornAt;

    private int lost;
    private int kept;

    WholeLines(FileChannel channel) {
        this.channel = channel;
    }

    @Override
    public void write(byte[] lines, int length) throws IOException {
        kept = 0;
        writeRest();
        ByteBuffer left = ByteBuffer.wrap(lines, 0, length);
        try {
            writeAll(left);
        } catch (IOException e) {
            keep(lines, left.position());
            throw e;
        }
    }

    private void writeRest() throws IOException {
        if (rest.length > 0 && size() < tornAt) {
            rest = NOTHING; // what it belongs to was truncated away
            lost++;
        }
        if (rest.length == 0) {
            return;
        }
        ByteBuffer left = ByteBuffer.wrap(rest);
        try {
            writeAll(left);
        } finally {
            rest = Arrays.copyOfRange(rest, left.position(), rest.length);
            tornAt = size();
        }
    }

    private void writeAll(ByteBuffer left) throws IOException {
        long pause = FIRST_PAUSE_NANOS;
        while (left.hasRemaining()) {
            if (channel.write(left) > 0) {
                pause = FIRST_PAUSE_NANOS;
            } else {
                // O_NONBLOCK, which whoever has started this process may have set: it is waited for all the same.
                LockSupport.parkNanos(pause);
                pause = Math.min(2 * pause, LAST_PAUSE_NANOS);
            }
        }
    }

    private void keep(byte[] lines, int written) {
        for (int i = 0; i < written; i++) {
            kept += lines[i] == '\n' ? 1 : 0;
        }
        if (written > 0 && lines[written - 1] != '\n') {
            int end = written;
            while (lines[end] != '\n') {
                end++;
            }
            rest = Arrays.copyOfRange(lines, written, end + 1);
            tornAt = size();
            kept++;
        }
    }

    /** In bytes; 0 of what has no size, such as a pipe. */
    private long size() {
        try {
            return channel.size();
        } catch (IOException e) {
            return 0; // it was closed
        }
    }

    @Override
    public int kept() {
        return kept;
    }

    @Override
    public int takeLost() {
        int taken = lost;
        lost = 0;
        return taken;
    }

    /** Goes over to another one; a line that cannot be ended in the one before is lost. */
    final void become(FileChannel next) {
        try {
            finish();
        } catch (IOException _) {
            // it is counted
        }
        channel = next;
    }

    /** Ends the line that was begun, if that can be done. */
    private void finish() throws IOException {
        try (FileChannel done = channel) {
            if (rest.length > 0 && done.isOpen()) {
                writeRest();
            }
        } finally {
            lost += rest.length > 0 ? 1 : 0;
            rest = NOTHING;
        }
    }

    @Override
    public void giveUp() throws IOException {
        channel.close(); // which ends a write that is under way
    }

    @Override
    public void close() throws IOException {
        finish();
    }
}
