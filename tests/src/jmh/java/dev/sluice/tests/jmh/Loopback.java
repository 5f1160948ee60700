package dev.sluice.tests.jmh;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;

/**
 * A TCP connection over loopback whose ends do not block.
 *
 * @param client the end that connected
 * @param server the end that was accepted
 */
public record Loopback(int client, int server) {
    private static final int LOCALHOST = 0x7f000001;
    private static final int TYPE = Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC;

    /** Connects; the caller closes. */
    public static Loopback connect(Kernel kernel) {
        SockaddrBuffer address = new SockaddrBuffer(kernel);
        address.set(new Address.V4(LOCALHOST, 0));
        int listener = Errno.check(kernel.socket(Sockets.AF_INET, TYPE, 0), "socket");
        Errno.check(kernel.bind(listener, address), "bind");
        Errno.check(kernel.listen(listener, 1), "listen");
        Errno.check(kernel.getsockname(listener, address), "getsockname");
        int client = Errno.check(kernel.socket(Sockets.AF_INET, TYPE | Sockets.SOCK_NONBLOCK, 0), "socket");
        int connecting = kernel.connect(client, address);
        if (connecting != -Errno.EINPROGRESS) {
            Errno.check(connecting, "connect");
        }
        int server =
                Errno.check(kernel.accept4(listener, address, Sockets.SOCK_CLOEXEC | Sockets.SOCK_NONBLOCK), "accept4");
        kernel.close(listener);
        for (int end : new int[] {client, server}) {
            Errno.check(kernel.setsockopt(end, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1), "setsockopt");
        }
        return new Loopback(client, server);
    }

    /** Closes both ends. */
    public void close(Kernel kernel) {
        kernel.close(client);
        kernel.close(server);
    }
}
