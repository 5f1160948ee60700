package dev.sluice.tests.testkit;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.function.IntSupplier;

/**
 * One end of a connection that goes through the proxy: sends a tagged stream, and checks every byte of the one it receives. One
 * thread may send while another receives.
 */
public final class Wire implements AutoCloseable {
    /** How a stream ended. */
    public enum End {
        /** In order. */
        EOF,
        /** Broken off, and the receiver was told so. */
        RESET
    }

    private final SocketChannel channel;
    private final TaggedBytes outgoing;
    private final TaggedBytes incoming;
    private final byte[] buffer;
    private volatile long sent;
    private volatile long received;
    /** A reset is told once, to whoever asks first: the reader that asks after the writer sees an end of stream. */
    private volatile boolean writerWasReset;

    /**
     * @param blockSize bytes written or read at once at most, a multiple of 8; three times that is allocated
     */
    public Wire(SocketChannel channel, long outgoingTag, long incomingTag, int blockSize) {
        this.channel = channel;
        this.outgoing = new TaggedBytes(outgoingTag, blockSize);
        this.incoming = new TaggedBytes(incomingTag, blockSize);
        this.buffer = new byte[blockSize];
    }

    public SocketChannel channel() {
        return channel;
    }

    /** Bytes that were written to the socket. */
    public long sent() {
        return sent;
    }

    /** Bytes that were received, all of them right. */
    public long received() {
        return received;
    }

    /** Sends the next bytes of its stream. */
    public void send(long bytes) throws IOException {
        send(bytes, () -> Integer.MAX_VALUE);
    }

    /**
     * The same in pieces.
     *
     * @param chunks how many bytes to write at once at most, asked before each write
     */
    public void send(long bytes, IntSupplier chunks) throws IOException {
        long end = sent + bytes;
        while (sent < end) {
            byte[] block = outgoing.blockOf(sent);
            int offset = outgoing.offsetOf(sent);
            long most = Math.min(block.length - offset, end - sent);
            int n = (int) Math.min(most, chunks.getAsInt());
            write(ByteBuffer.wrap(block, offset, n));
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread sends
    private void write(ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                sent += channel.write(bytes);
            }
        } catch (IOException e) {
            writerWasReset |= isReset(e);
            throw e;
        }
    }

    /** Sends until the connection breaks. */
    public void sendUntilBroken() {
        try {
            send(Long.MAX_VALUE / 2);
        } catch (IOException broken) {
            return;
        }
    }

    /** Sends one byte that is not part of the stream (tcp(7), MSG_OOB). */
    public void sendUrgent() throws IOException {
        channel.socket().sendUrgentData('!');
    }

    /** Ends its stream; goes on receiving. */
    public void finish() throws IOException {
        channel.shutdownOutput();
    }

    /** Receives exactly this many more bytes. */
    public void receive(long bytes) throws IOException {
        long end = received + bytes;
        while (received < end) {
            if (read((int) Math.min(buffer.length, end - received)) < 0) {
                throw new AssertionError("end of stream after " + received + " bytes of " + end);
            }
        }
    }

    /** Receives whatever comes until it ends. */
    public End receiveAll() throws IOException {
        try {
            int n;
            do {
                n = read(buffer.length);
            } while (n >= 0);
            return End.EOF;
        } catch (IOException e) {
            if (!isReset(e)) {
                throw e;
            }
            return End.RESET;
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread receives
    private int read(int most) throws IOException {
        int n = channel.read(ByteBuffer.wrap(buffer, 0, most));
        if (n > 0) {
            incoming.check(buffer, n, received);
            received += n;
        }
        return n;
    }

    /** How the connection ended, from what the reader saw, once reader and writer are done. */
    public End verdict(End readers) {
        return writerWasReset ? End.RESET : readers;
    }

    private static boolean isReset(IOException e) {
        return String.valueOf(e.getMessage()).startsWith("Connection reset");
    }

    /** What the kernel holds for this end. TCP only. */
    public TcpQueues queues() throws IOException {
        return TcpQueues.of(channel.getLocalAddress(), channel.getRemoteAddress());
    }

    /** What the kernel holds for the proxy's socket at the other end. TCP only. */
    public TcpQueues proxysQueues() throws IOException {
        return TcpQueues.of(channel.getRemoteAddress(), channel.getLocalAddress());
    }

    /** Breaks the connection off with a reset. TCP only. */
    public void reset() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "sent %d, received %d", sent, received);
    }
}
