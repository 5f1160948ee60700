package dev.sluice.cli.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * Lines to something that may take a part of one, such as a disk that is full: the rest goes before whatever comes next, so that there are
 * whole lines only.
 */
class WholeLines implements LineOutput {
    private static final byte[] NOTHING = {};

    private volatile FileChannel channel;
    private byte[] rest = NOTHING;
    private int kept;

    WholeLines(FileChannel channel) {
        this.channel = channel;
    }

    @Override
    public void write(byte[] lines) throws IOException {
        kept = 0;
        writeRest();
        ByteBuffer left = ByteBuffer.wrap(lines);
        try {
            writeAll(left);
        } catch (IOException e) {
            keep(lines, left.position());
            throw e;
        }
    }

    private void writeRest() throws IOException {
        ByteBuffer left = ByteBuffer.wrap(rest);
        try {
            writeAll(left);
        } finally {
            rest = Arrays.copyOfRange(rest, left.position(), rest.length);
        }
    }

    private void writeAll(ByteBuffer left) throws IOException {
        while (left.hasRemaining()) {
            channel.write(left); // some of it, or it throws: it is a blocking one
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
            kept++;
        }
    }

    @Override
    public int kept() {
        return kept;
    }

    /** Goes over to another one. */
    final void become(FileChannel next) throws IOException {
        try {
            finish();
        } finally {
            channel = next;
        }
    }

    /** Ends the line that was begun, if that can be done. */
    private void finish() throws IOException {
        try (FileChannel done = channel) {
            if (rest.length > 0 && done.isOpen()) {
                writeRest();
            }
        } finally {
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
