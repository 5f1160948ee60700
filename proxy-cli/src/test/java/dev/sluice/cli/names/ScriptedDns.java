package dev.sluice.cli.names;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * A DNS server on a port of 127.0.0.1, UDP and TCP. It answers from its records, aliases followed and with an SOA where there is
 * nothing, as a recursive server does; unless its script does something else.
 */
public final class ScriptedDns implements AutoCloseable {
    /** What the SOA of every answer without records says, in seconds. */
    static final int NEGATIVE_TTL = 7;

    private static final int PLAIN_PAYLOAD = 512;

    /** What to do with a query. */
    interface Script {
        void answer(Query query) throws IOException;
    }

    /** One query, and the way back. */
    final class Query {
        final Message message;
        final boolean tcp;
        private final Back back;

        private Query(byte[] bytes, boolean tcp, Back back) throws IOException {
            this.message = new Message(bytes);
            this.tcp = tcp;
            this.back = back;
        }

        Record question() {
            return message.getQuestion();
        }

        boolean asksFor(String type) {
            return question().getType() == Type.value(type);
        }

        /** An empty answer to it. */
        Message reply(int code) {
            Message reply = new Message(message.getHeader().getID());
            reply.getHeader().setFlag(Flags.QR);
            reply.getHeader().setFlag(Flags.RA);
            reply.getHeader().setRcode(code);
            reply.addRecord(question(), Section.QUESTION);
            return reply;
        }

        /** As the records have it. */
        void answer() throws IOException {
            send(fromRecords(this));
        }

        /** Cut short where it does not fit a packet. */
        void send(Message reply) throws IOException {
            OPTRecord opt = message.getOPT();
            int payload = opt == null ? PLAIN_PAYLOAD : opt.getPayloadSize();
            raw(reply.toWire(tcp ? Message.MAXLENGTH : payload));
        }

        /** Leaves the client waiting until the server is closed. */
        void hold() {
            awaitQuietly(closed);
        }

        void raw(byte[] bytes) throws IOException {
            back.send(bytes);
        }
    }

    private interface Back {
        void send(byte[] bytes) throws IOException;
    }

    private final ServerSocket listener;
    private final DatagramSocket socket;
    private final List<Record> records = new CopyOnWriteArrayList<>();
    private final Queue<Query> queries = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread accepting;
    private volatile Script script = Query::answer;

    public ScriptedDns() {
        Sockets sockets = Sockets.open();
        this.listener = sockets.listener;
        this.socket = sockets.socket;
        Thread.ofPlatform().daemon().name("test-dns-udp").start(this::udp);
        this.accepting = Thread.ofPlatform().daemon().name("test-dns-tcp").start(this::tcp);
    }

    private record Sockets(ServerSocket listener, DatagramSocket socket) {
        /** On the same port. */
        static Sockets open() {
            try {
                while (true) {
                    ServerSocket tcp = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                    try {
                        return new Sockets(tcp, new DatagramSocket(tcp.getLocalSocketAddress()));
                    } catch (BindException taken) {
                        tcp.close();
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /** As failures name it. */
    public String text() {
        return "127.0.0.1:" + address().getPort();
    }

    ScriptedDns script(Script does) {
        this.script = does;
        return this;
    }

    /** Adds a record. */
    public ScriptedDns has(String name, int ttl, String type, String data) {
        records.add(record(name, ttl, type, data));
        return this;
    }

    void forgetAll() {
        records.clear();
    }

    static Record record(String name, int ttl, String type, String data) {
        try {
            return Record.fromString(
                    Name.fromString(name, Name.root), Type.value(type), DClass.IN, ttl, data, Name.root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it was asked, in the order of arrival. */
    List<Query> queries() {
        return List.copyOf(queries);
    }

    /** Names without dots at their ends and types, such as {@code db1.example A}. */
    public List<String> questions() {
        return queries.stream()
                .map(query -> query.question().getName().toString(true) + " "
                        + Type.string(query.question().getType()))
                .toList();
    }

    private Message fromRecords(Query query) {
        Name name = query.question().getName();
        int type = query.question().getType();
        Message reply = query.reply(Rcode.NOERROR);
        boolean exists = false;
        boolean found = false;
        for (int hops = 0; hops < 40; hops++) {
            Name next = null;
            for (Record record : records) {
                if (record.getName().equals(name)) {
                    exists = true;
                    if (record.getType() == type) {
                        reply.addRecord(record, Section.ANSWER);
                        found = true;
                    } else if (record instanceof org.xbill.DNS.CNAMERecord alias) {
                        reply.addRecord(record, Section.ANSWER);
                        next = alias.getTarget();
                    }
                }
            }
            if (next == null) {
                break;
            }
            name = next;
            exists = false;
        }
        if (!found) {
            reply.getHeader().setRcode(exists ? Rcode.NOERROR : Rcode.NXDOMAIN);
            reply.addRecord(soa(), Section.AUTHORITY);
        }
        return reply;
    }

    static Record soa() {
        return record("example.", 3600, "SOA", "ns.example. root.example. 1 3600 600 86400 " + NEGATIVE_TTL);
    }

    private void udp() {
        byte[] buffer = new byte[Message.MAXLENGTH];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] bytes = java.util.Arrays.copyOf(buffer, packet.getLength());
                serve(bytes, false, out -> socket.send(new DatagramPacket(out, out.length, packet.getSocketAddress())));
            }
        } catch (IOException closed) {
            // The test is over, or the server is to be dead.
        }
    }

    private void tcp() {
        try {
            while (true) {
                Socket connection = listener.accept();
                Thread.ofPlatform().daemon().start(() -> serve(connection));
            }
        } catch (IOException closed) {
            // As above.
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            DataInputStream in = new DataInputStream(connection.getInputStream());
            byte[] bytes = new byte[in.readUnsignedShort()];
            in.readFully(bytes);
            serve(bytes, true, out -> {
                DataOutputStream data = new DataOutputStream(connection.getOutputStream());
                data.writeShort(out.length);
                data.write(out);
                data.flush();
            });
        } catch (IOException e) {
            // The client has gone; the test sees what came of it.
        }
    }

    private void serve(byte[] bytes, boolean tcp, Back back) throws IOException {
        Query query = new Query(bytes, tcp, back);
        queries.add(query);
        script.answer(query);
    }

    /** No more TCP, as behind a firewall that knows of UDP only. */
    void closeTcp() {
        try {
            listener.close();
            accepting.join(); // until then the kernel may still take a connection
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Dies. */
    @Override
    public void close() {
        closed.countDown();
        closeTcp();
        socket.close();
    }
}
