package dev.sluice.tests.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** What a connection runs over; all of it on this machine. */
public enum Family {
    V4,
    V6,
    UNIX;

    private static final AtomicInteger SOCKETS = new AtomicInteger();
    private static final int BACKLOG = 4096;

    public boolean isTcp() {
        return this != UNIX;
    }

    /**
     * An address of this family for {@code --listen}, of which nobody else makes use.
     *
     * @param folder where a unix socket may be
     */
    public String anyAddress(Path folder) {
        return switch (this) {
            case V4 -> "127.0.0.1:0";
            case V6 -> "[::1]:0";
            case UNIX -> "unix:" + unusedPath(folder);
        };
    }

    /** A server that listens on any free address. */
    public ServerSocketChannel listen(Path folder) throws IOException {
        return switch (this) {
            case V4 ->
                ServerSocketChannel.open(StandardProtocolFamily.INET)
                        .bind(new InetSocketAddress(loopback(127, 0, 0, 1), 0), BACKLOG);
            case V6 ->
                ServerSocketChannel.open(StandardProtocolFamily.INET6)
                        .bind(
                                new InetSocketAddress(loopback(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 0),
                                BACKLOG);
            case UNIX ->
                ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                        .bind(UnixDomainSocketAddress.of(unusedPath(folder)), BACKLOG);
        };
    }

    private static Path unusedPath(Path folder) {
        return folder.resolve(SOCKETS.incrementAndGet() + ".sock");
    }

    private static InetAddress loopback(int... bytes) throws IOException {
        byte[] address = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            address[i] = (byte) bytes[i];
        }
        return InetAddress.getByAddress(address);
    }
}
