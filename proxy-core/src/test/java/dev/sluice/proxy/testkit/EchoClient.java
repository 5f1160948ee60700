package dev.sluice.proxy.testkit;

import dev.sluice.linux.Address;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** One connection to an {@link EchoServer}: what comes back must be what was sent, to the byte, and end when it ended. */
public final class EchoClient implements AutoCloseable {
    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final Stream stream = Stream.fresh();
    private final byte[] sending;
    private final byte[] receiving;
    private long sent;

    /** Which server it is. */
    public final int server;

    /**
     * Connects, and hears the name of the server.
     *
     * @param chunk bytes sent at a time
     */
    public EchoClient(Address to, int chunk) throws IOException {
        sending = new byte[chunk];
        receiving = new byte[chunk];
        Address.V4 at = (Address.V4) to;
        byte[] host = ByteBuffer.allocate(Integer.BYTES).putInt(at.address()).array();
        try {
            socket.setSoTimeout(Net.PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getByAddress(host), at.port()), Net.PATIENCE_MILLIS);
            in = new DataInputStream(socket.getInputStream());
            server = in.readUnsignedByte();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends the next bytes of its stream, and has them back. */
    public void exchange() throws IOException {
        stream.fill(MemorySegment.ofArray(sending), sent, sending.length);
        socket.getOutputStream().write(sending);
        in.readFully(receiving);
        stream.check(MemorySegment.ofArray(receiving), sent, receiving.length);
        sent += sending.length;
    }

    /** Sends an end, and has it back behind everything. */
    public void finish() throws IOException {
        socket.shutdownOutput();
        int more = in.read();
        if (more >= 0) {
            throw new IOException("more came back than was sent");
        }
    }

    /** A whole connection of one exchange. */
    public static int once(Address to, int chunk) throws IOException {
        try (EchoClient client = new EchoClient(to, chunk)) {
            client.exchange();
            client.finish();
            return client.server;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
