package dev.sluice.tests.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A port of 127.0.0.1 that neither accepts nor refuses: attempts to connect to it get no answer at all. */
public final class FullBacklog implements AutoCloseable {
    private static final int MOST = 20;
    private static final int NO_ANSWER_MILLIS = 300;

    private final ServerSocket server;
    private final List<Socket> waiting = new ArrayList<>();

    /** Fills the backlog with connections that nobody accepts, until a further one gets no answer. */
    public FullBacklog() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        for (int i = 0; i < MOST; i++) {
            Socket socket = new Socket();
            waiting.add(socket);
            try {
                socket.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()),
                        NO_ANSWER_MILLIS);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
        close();
        throw new AssertionError("the backlog takes more than " + MOST);
    }

    /** As {@code --to} wants it. */
    public String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : waiting) {
            socket.close();
        }
        server.close();
    }
}
