package dev.sluice.cli.ask;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An admin interface that answers what a test says, and remembers what it was asked. */
public final class ScriptedAdmin implements AutoCloseable {
    private static final String NOT_FOUND = json(404, "{\"error\":\"there is nothing of this name\"}");

    private final ServerSocketChannel socket;
    private final String address;
    private final Thread server;
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();

    private ScriptedAdmin(ServerSocketChannel socket, String address) {
        this.socket = socket;
        this.address = address;
        this.server = Thread.ofVirtual().start(this::serve);
    }

    /** On a port of 127.0.0.1. */
    public static ScriptedAdmin tcp() {
        return tcp("127.0.0.1");
    }

    /** On a port of this host. */
    public static ScriptedAdmin tcp(String host) {
        try {
            ServerSocketChannel socket = ServerSocketChannel.open();
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
            int port = ((InetSocketAddress) socket.getLocalAddress()).getPort();
            return new ScriptedAdmin(socket, (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On a unix socket. */
    public static ScriptedAdmin unix(Path path) {
        try {
            ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            SocketAddress bound = UnixDomainSocketAddress.of(path);
            socket.bind(bound);
            return new ScriptedAdmin(socket, "unix:" + path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@code --admin} wants it. */
    public String address() {
        return address;
    }

    /** In the environment of a command. */
    public Map<String, String> environment() {
        return Map.of("SLUICE_ADMIN", address);
    }

    /** {@code GET /path} is answered with JSON from now on. */
    public ScriptedAdmin on(String request, int status, String body) {
        return raw(request, json(status, body));
    }

    public ScriptedAdmin on(String request, String body) {
        return on(request, 200, body);
    }

    /** It is answered with these bytes, and the end of the connection; nothing: with silence. */
    public ScriptedAdmin raw(String request, String bytes) {
        answers.put(request, bytes);
        return this;
    }

    /** The heads of requests so far. */
    public List<String> heads() {
        return List.copyOf(heads);
    }

    /** The first lines of requests so far, without their version. */
    public List<String> requests() {
        return heads.stream()
                .map(head -> head.substring(0, head.indexOf(" HTTP/")))
                .toList();
    }

    private static String json(int status, String body) {
        return "HTTP/1.1 " + status + " Something\r\nContent-Type: application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\nConnection: close\r\n\r\n" + body;
    }

    private void serve() {
        while (socket.isOpen()) {
            try {
                SocketChannel client = socket.accept();
                Thread.ofVirtual().start(() -> answer(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void answer(SocketChannel client) {
        try (client) {
            String head = head(client);
            if (head.isEmpty()) {
                return;
            }
            heads.add(head);
            String request = head.substring(0, head.indexOf(" HTTP/"));
            String answer = answers.getOrDefault(request, answers.getOrDefault("*", NOT_FOUND));
            ByteBuffer bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
            if (!bytes.hasRemaining()) {
                client.read(ByteBuffer.allocate(1)); // until the other side has had enough
            }
            while (bytes.hasRemaining()) {
                client.write(bytes);
            }
        } catch (IOException gone) {
            return;
        }
    }

    private static String head(SocketChannel client) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            one.clear();
            if (client.read(one) < 0) {
                return "";
            }
            head.write(one.array()[0]);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** Returns when nobody listens any more, which is not before whoever accepts has left. */
    @Override
    public void close() {
        try {
            socket.close();
            server.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
