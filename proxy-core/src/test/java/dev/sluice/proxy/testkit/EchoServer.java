package dev.sluice.proxy.testkit;

import dev.sluice.linux.Address;
import java.io.IOException;
import java.net.Socket;

/** A server on threads of its own, for load: it says its name, one byte, and then sends back what it receives. */
public final class EchoServer implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final TalkingServer server;
    private final int name;

    public EchoServer(int name) {
        this.name = name;
        server = new TalkingServer(this::echo, BACKLOG);
    }

    private void echo(Socket socket) throws IOException {
        socket.getOutputStream().write(name);
        socket.getInputStream().transferTo(socket.getOutputStream());
    }

    public Address address() {
        return server.address();
    }

    /** Connections so far. */
    public long accepted() {
        return server.accepted();
    }

    @Override
    public void close() {
        server.close();
    }
}
