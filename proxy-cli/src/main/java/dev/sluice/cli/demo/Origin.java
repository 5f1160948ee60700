package dev.sluice.cli.demo;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A small web server on a free port of loopback: {@code GET /}, {@code GET /bytes/N}, {@code PUT /sha256}. A thread for each
 * connection, connections stay open.
 */
final class Origin implements AutoCloseable {
    private static final String PAGE = """
            <!doctype html><title>sluice demo</title>
            <p>This page came from the origin of <code>sluice demo</code>, through its proxy.
            <p><code>GET /bytes/N</code> sends N bytes, <code>PUT /sha256</code> answers with the hash of what it got.
            """;
    private static final int CHUNK = 64 << 10;

    private final ServerSocketChannel server = ServerSocketChannel.open();
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();

    /** Begins to answer. */
    Origin() throws IOException {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        Thread.ofPlatform().name("demo-origin").daemon().start(this::accept);
    }

    int port() {
        return server.socket().getLocalPort();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (SocketChannel connection : connections) {
            connection.close();
        }
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel connection = server.accept();
                connections.add(connection);
                Thread.ofPlatform().name("demo-origin-connection").daemon().start(() -> serve(connection));
            }
        } catch (IOException e) {
            // Closed: the demo is over.
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            connection.socket().setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(Channels.newInputStream(connection));
            for (Head request = Head.read(in); request != null; request = Head.read(in)) {
                if (!answer(connection, in, request)) {
                    break;
                }
            }
        } catch (IOException e) {
            // The client has gone, which is its right.
        } finally {
            connections.remove(connection);
        }
    }

    /** Answers one request; whether the connection can take another. */
    private static boolean answer(SocketChannel connection, InputStream in, Head request) throws IOException {
        String[] words = request.start().split(" ", -1);
        String method = words[0];
        String target = words.length == 3 ? words[1] : "";
        if (method.equals("PUT") && target.equals("/sha256")) {
            return hash(connection, in, request);
        }
        if (request.contentLength() > 0 || request.fields().containsKey("transfer-encoding")) {
            return refuse(connection, "405 Method Not Allowed");
        }
        if (!method.equals("GET")) {
            return refuse(connection, "405 Method Not Allowed");
        }
        if (target.equals("/")) {
            body(connection, PAGE, "text/html");
            return true;
        }
        if (target.startsWith("/bytes/")) {
            boolean hash = target.endsWith("?sha256");
            long bytes = Head.number(target.substring("/bytes/".length(), target.length() - (hash ? 7 : 0)));
            if (bytes >= 0) {
                send(connection, bytes, hash ? Payload.sha256(bytes) : "-");
                return true;
            }
        }
        return refuse(connection, "404 Not Found");
    }

    /** The body of the request may still be on its way: no other request can follow it. */
    private static boolean refuse(SocketChannel connection, String status) throws IOException {
        Head.write(connection, "HTTP/1.1 " + status, "Content-Length: 0", "Connection: close");
        return false;
    }

    private static void body(SocketChannel connection, String text, String type) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer head = ByteBuffer.wrap(
                ("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + bytes.length + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        // One write, so that a small answer is one segment.
        ByteBuffer all = ByteBuffer.allocate(head.remaining() + bytes.length)
                .put(head)
                .put(bytes)
                .flip();
        Head.writeFully(connection, all);
    }

    private static void send(SocketChannel connection, long bytes, String sha256) throws IOException {
        Head.write(
                connection,
                "HTTP/1.1 200 OK",
                "Content-Type: application/octet-stream",
                "X-Sha256: " + sha256,
                "Content-Length: " + bytes);
        ByteBuffer block = Payload.block();
        for (long left = bytes; left > 0; left -= block.limit()) {
            Head.writeFully(connection, block.clear().limit((int) Math.min(left, Payload.BLOCK)));
        }
    }

    private static boolean hash(SocketChannel connection, InputStream in, Head request) throws IOException {
        long left = request.contentLength();
        if (left < 0) {
            return refuse(connection, "411 Length Required");
        }
        if (request.fields().getOrDefault("expect", "").equalsIgnoreCase("100-continue")) {
            Head.write(connection, "HTTP/1.1 100 Continue");
        }
        MessageDigest digest = Payload.digest();
        byte[] chunk = new byte[CHUNK];
        while (left > 0) {
            int count = in.read(chunk, 0, (int) Math.min(left, CHUNK));
            if (count < 0) {
                return false;
            }
            digest.update(chunk, 0, count);
            left -= count;
        }
        body(connection, Payload.hex(digest) + "\n", "text/plain");
        return true;
    }
}
