package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Talks to a proxy as a successor would, up to a point. Descriptors that come with what it reads are dropped by the kernel. */
final class Peer implements AutoCloseable {
    static final int HELLO = 1;
    static final int OFFER = 2;
    static final int SOCKETS = 3;
    static final int CONFIRM = 4;
    static final int RELEASED = 5;
    static final int REFUSAL = 255;

    private static final byte[] MAGIC = "SLUICETO".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_BODY = 1 << 16;

    private final SocketChannel channel;

    /** One message. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    record Message(int type, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    Peer(SocketChannel channel) {
        this.channel = channel;
    }

    static Peer connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        return new Peer(channel);
    }

    /** The greeting of a successor that understands these versions. */
    static byte[] hello(int oldest, int newest) {
        return message(
                HELLO,
                ByteBuffer.allocate(MAGIC.length + 4)
                        .put(MAGIC)
                        .putShort((short) oldest)
                        .putShort((short) newest)
                        .array());
    }

    static byte[] message(int type, byte[] body) {
        return ByteBuffer.allocate(5 + body.length)
                .putInt(1 + body.length)
                .put((byte) type)
                .put(body)
                .array();
    }

    /** Also to one that has closed already: what it has said before that is there to be read. */
    void send(byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        try {
            while (out.hasRemaining()) {
                channel.write(out);
            }
        } catch (IOException e) {
            if (!"Broken pipe".equals(e.getMessage())) {
                throw e;
            }
        }
    }

    /** The next message; an end instead of it is a failure. */
    Message receive() throws IOException {
        ByteBuffer header = read(5);
        int length = header.getInt() - 1;
        assertTrue(length >= 0 && length <= MAX_BODY, () -> "a message of " + length + " bytes");
        int type = header.get() & 0xff;
        return new Message(type, read(length).array());
    }

    private ByteBuffer read(int bytes) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(bytes);
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new AssertionError("an end after " + in.position() + " bytes of " + bytes);
            }
        }
        return in.flip();
    }

    /** Waits for the end, before which nothing comes. */
    void awaitEnd() throws IOException {
        int read = channel.read(ByteBuffer.allocate(1));
        assertTrue(read < 0, "something came");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
