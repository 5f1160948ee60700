package dev.sluice.tests.operation;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A DNS server (RFC 1035) that says whatever it is told to, over UDP and TCP. */
final class DnsServer implements AutoCloseable {
    static final int NO_ERROR = 0;
    static final int NO_SUCH_NAME = 3;

    private static final int PORT = 53;
    private static final int HEADER = 12;
    private static final int RESPONSE = 0x8180;
    private static final int TRUNCATED = 0x0200;
    private static final int NAME_OF_THE_QUESTION = 0xc000 | HEADER;
    private static final int A = 1;
    private static final int IN = 1;
    private static final int TTL_SECONDS = 1;

    /** What is said to a query. */
    interface Script {
        void answer(Query query) throws IOException;
    }

    /** How a message goes back. */
    private interface Way {
        void send(byte[] message) throws IOException;
    }

    /** One query, and the way back. */
    static final class Query {
        private final byte[] bytes;
        private final boolean tcp;
        private final Way way;

        private Query(byte[] bytes, boolean tcp, Way way) {
            this.bytes = bytes;
            this.tcp = tcp;
            this.way = way;
        }

        boolean isTcp() {
            return tcp;
        }

        void send(byte[] message) throws IOException {
            way.send(message);
        }

        /** The answer that it waits for; addresses are for whoever asks for IPv4, and good for a second. */
        byte[] reply(int code, String... addresses) throws IOException {
            int end = HEADER;
            while (bytes[end] != 0) {
                end += 1 + bytes[end];
            }
            ByteBuffer question = ByteBuffer.wrap(bytes, HEADER, end + 5 - HEADER);
            String[] said = ByteBuffer.wrap(bytes).getShort(end + 1) == A ? addresses : new String[0];
            ByteBuffer out = ByteBuffer.allocate(question.limit() + 16 * said.length);
            out.put(bytes, 0, 2).putShort((short) (RESPONSE | code));
            out.putShort((short) 1).putShort((short) said.length).putInt(0);
            out.put(question);
            for (String address : said) {
                out.putShort((short) NAME_OF_THE_QUESTION).putShort((short) A).putShort((short) IN);
                out.putInt(TTL_SECONDS);
                out.putShort((short) 4).put(InetAddress.getByName(address).getAddress());
            }
            return out.array();
        }

        /** The same, but to another query. */
        byte[] replyToAnother(String address) throws IOException {
            byte[] reply = reply(NO_ERROR, address);
            reply[1] ^= 1;
            return reply;
        }

        /** An answer that did not fit, and is to be asked for over TCP. */
        byte[] truncated(String address) throws IOException {
            byte[] reply = reply(NO_ERROR, address);
            reply[2] |= (byte) (TRUNCATED >> 8);
            return reply;
        }
    }

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private volatile Script script;

    private DnsServer(DatagramSocket udp, ServerSocket tcp, Script script) {
        this.udp = udp;
        this.tcp = tcp;
        this.script = script;
    }

    /** Starts one on port 53 of an address, which takes root. */
    static DnsServer start(String host, Script script) throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, PORT);
        DatagramSocket udp = new DatagramSocket(address);
        ServerSocket tcp;
        try {
            tcp = new ServerSocket(PORT, 50, address.getAddress());
        } catch (IOException e) {
            udp.close();
            throw e;
        }
        DnsServer server = new DnsServer(udp, tcp, script);
        Thread.ofVirtual().start(server::serveUdp);
        Thread.ofVirtual().start(server::serveTcp);
        return server;
    }

    void says(Script other) {
        script = other;
    }

    private void serveUdp() {
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
                udp.receive(packet);
                byte[] query = Arrays.copyOf(packet.getData(), packet.getLength());
                script.answer(new Query(
                        query,
                        false,
                        message -> udp.send(new DatagramPacket(message, message.length, packet.getSocketAddress()))));
            }
        } catch (IOException closed) {
            return;
        }
    }

    private void serveTcp() {
        while (!tcp.isClosed()) {
            serveNext();
        }
    }

    private void serveNext() {
        try (Socket socket = tcp.accept()) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] query = in.readNBytes(in.readUnsignedShort());
            script.answer(new Query(query, true, message -> {
                out.writeShort(message.length);
                out.write(message);
            }));
        } catch (IOException gone) {
            return;
        }
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
    }
}
