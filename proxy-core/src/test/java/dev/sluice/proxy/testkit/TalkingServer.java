package dev.sluice.proxy.testkit;

import dev.sluice.linux.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A server on threads of its own that says what a test has it say, to each who connects. */
public final class TalkingServer implements AutoCloseable {
    /** What is done with a connection, which is closed when this returns. */
    public interface Talk {
        void with(Socket socket) throws IOException;
    }

    private final ServerSocket listener;
    private volatile Talk talk;
    private final AtomicLong accepted = new AtomicLong();
    /** How the last bytes of each connection came: what was behind the talk, or the exception. */
    public final Queue<String> ends = new ConcurrentLinkedQueue<>();

    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    public TalkingServer(Talk talk) {
        this(talk, 64);
    }

    public TalkingServer(Talk talk, int backlog) {
        this.talk = talk;
        try {
            listener = new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        threads.execute(this::accept);
    }

    /** Says nothing, hears everything. */
    public static void silence(Socket socket) throws IOException {
        socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    }

    /** Says these bytes, of one character each. */
    public static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Says these bytes one by one. */
    public static void spell(Socket socket, String text) throws IOException {
        socket.setTcpNoDelay(true);
        for (int i = 0; i < text.length(); i++) {
            say(socket, text.substring(i, i + 1));
            ProxyRig.pause(1);
        }
    }

    /** Hears so many bytes, of one character each. */
    public static String hear(Socket socket, int count) throws IOException {
        return new String(socket.getInputStream().readNBytes(count), StandardCharsets.ISO_8859_1);
    }

    public Address address() {
        return Address.of(listener.getInetAddress(), listener.getLocalPort());
    }

    /** From the next connection on. */
    public void talk(Talk next) {
        talk = next;
    }

    /** Connections so far. */
    public long accepted() {
        return accepted.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                accepted.incrementAndGet();
                open.add(socket);
                try {
                    threads.execute(() -> serve(socket));
                } catch (RejectedExecutionException late) {
                    socket.close(); // accepted while this was being closed
                }
            }
        } catch (IOException closed) {
            // The end.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            talk.with(socket);
            ends.add(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1) + ".");
        } catch (IOException e) {
            ends.add(String.valueOf(e.getMessage()));
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : open) {
                socket.close();
            }
            threads.shutdown();
            if (!threads.awaitTermination(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("connections left");
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
