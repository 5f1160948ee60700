package dev.sluice.tests.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A server of the test's own, on a free port of 127.0.0.1 unless it is told where, with a thread for each connection. */
public final class Backend implements AutoCloseable {
    /** What it does with a connection; when this returns, the connection is closed. */
    @FunctionalInterface
    public interface Service {
        void serve(Socket socket) throws IOException;
    }

    private final ServerSocket socket;
    private final Service service;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    private Backend(ServerSocket socket, Service service) {
        this.socket = socket;
        this.service = service;
    }

    public static Backend start(Service service) {
        return start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), service);
    }

    private static Backend start(InetSocketAddress address, Service service) {
        try {
            Backend backend = new Backend(new ServerSocket(address.getPort(), 1024, address.getAddress()), service);
            Thread.ofVirtual().start(backend::accept);
            return backend;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same at an address of its own. */
    public static Backend start(String host, int port, Service service) {
        return start(new InetSocketAddress(host, port), service);
    }

    /** Sends back what it gets, as it gets it. */
    public static Backend echo() {
        return start(Backend::echo);
    }

    /** The same at an address of its own. */
    public static Backend echo(String host, int port) {
        return start(new InetSocketAddress(host, port), Backend::echo);
    }

    private static void echo(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        byte[] buffer = new byte[1 << 16];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            out.write(buffer, 0, n);
        }
    }

    /** Sends these bytes to everyone, then an end of stream, and closes when the other side has. */
    public static Backend source(byte[] bytes) {
        return start(socket -> {
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        });
    }

    /** Sends its name to everyone, and closes when the other side has. */
    public static Backend named(String name) {
        return source(name.getBytes(StandardCharsets.UTF_8));
    }

    private void accept() {
        while (true) {
            try {
                Socket connection = socket.accept();
                open.add(connection);
                accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            service.serve(connection);
        } catch (IOException gone) {
            // A reset is what some tests are about; what became of the bytes is seen on the client's side.
            return;
        } finally {
            open.remove(connection);
        }
    }

    /** As {@code --to} wants it. */
    public String address() {
        return Addresses.text(socket.getLocalSocketAddress());
    }

    public int port() {
        return socket.getLocalPort();
    }

    /** How many connections it has had. */
    public int accepted() {
        return accepted.get();
    }

    /** How many connections it has. */
    public int connections() {
        return open.size();
    }

    /** Stops listening and closes what is open. */
    @Override
    public void close() {
        try {
            socket.close();
            for (Socket connection : open) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
