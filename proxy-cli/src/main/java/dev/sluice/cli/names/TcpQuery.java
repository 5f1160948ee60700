package dev.sluice.cli.names;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;

/** One question over TCP (RFC 7766), for answers that do not fit a packet. */
final class TcpQuery {
    private static final SecureRandom RANDOM = new SecureRandom();

    private TcpQuery() {}

    /**
     * Asks, on a connection of its own.
     *
     * @throws SocketTimeoutException when the deadline is over
     * @throws IOException when the server cannot be connected to or breaks off
     * @throws Wire.NoAnswer when it sends something else
     */
    static Message ask(InetSocketAddress server, Question question, boolean edns, Deadline deadline)
            throws IOException, Wire.NoAnswer {
        int id = RANDOM.nextInt(1 << 16);
        byte[] query = Wire.query(id, question, edns);
        // A channel's socket, since that one is closed by an interrupt.
        try (SocketChannel channel = SocketChannel.open()) {
            Socket socket = channel.socket();
            socket.connect(server, deadline.millis());
            ByteBuffer out = ByteBuffer.allocate(2 + query.length);
            out.putShort((short) query.length).put(query).flip();
            while (out.hasRemaining()) {
                channel.write(out);
            }
            byte[] length = read(socket, 2, deadline);
            byte[] answer = read(socket, ((length[0] & 0xff) << 8) | (length[1] & 0xff), deadline);
            // Unlike a packet's, the sender is known: what is wrong here is the server's own fault.
            Message message = Wire.id(answer, answer.length) == id ? Wire.read(answer, answer.length, question) : null;
            if (message == null || message.getHeader().getFlag(Flags.TC)) {
                throw new Wire.NoAnswer("cut its answer short over UDP, and sent a broken one over TCP");
            }
            return message;
        }
    }

    /** Exactly so many bytes; a server that sends one now and then has no longer for it. */
    private static byte[] read(Socket socket, int length, Deadline deadline) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] bytes = new byte[length];
        int got = 0;
        while (got < length) {
            if (deadline.passed()) {
                throw new SocketTimeoutException();
            }
            socket.setSoTimeout(deadline.millis());
            int count = in.read(bytes, got, length - got);
            if (count < 0) {
                throw new EOFException();
            }
            got += count;
        }
        return bytes;
    }
}
