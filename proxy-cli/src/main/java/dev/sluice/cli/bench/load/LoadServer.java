package dev.sluice.cli.bench.load;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Source, sink and echo on one port: the first byte of a connection tells which ({@link Kind}). One thread. An echo gives back as
 * many bytes as came, not those that came.
 */
final class LoadServer implements AutoCloseable {
    private static final int BACKLOG = 4096;
    private static final int EVENTS = 256;
    private static final int ACCEPTS = 64; // in one turn of the loop
    private static final int BUFFER = 1 << 20;
    private static final int CHUNK = 256 << 10;
    private static final long OWED_AT_MOST = 4 << 20;
    private static final byte NEW = 0;

    private final Kernel kernel;
    private final int epoll;
    private final int listener;
    private final EpollEvents events;
    private final MemorySegment out;
    private final MemorySegment in;
    private final SockaddrBuffer sockaddr;
    private final Address address;

    // By descriptor.
    private byte[] modes = new byte[1024];
    private int[] interests = new int[1024];
    private long[] owed = new long[1024]; // bytes that an echo has yet to give back

    private boolean full; // no descriptor is left: the listener rests until one is

    /** @throws dev.sluice.linux.KernelException when it cannot listen there */
    LoadServer(Kernel kernel, Address listen) {
        this.kernel = kernel;
        this.epoll = Errno.check(kernel.epollCreate(), "epoll_create1");
        this.listener = Errno.check(
                kernel.socket(listen.family(), Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC, 0),
                "socket");
        this.events = new EpollEvents(kernel, EVENTS);
        this.out = kernel.allocate(BUFFER);
        this.in = kernel.allocate(BUFFER);
        this.sockaddr = new SockaddrBuffer(kernel);
        kernel.setsockopt(listener, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
        sockaddr.set(listen);
        Errno.check(kernel.bind(listener, sockaddr), "bind");
        Errno.check(kernel.listen(listener, BACKLOG), "listen");
        Errno.check(kernel.getsockname(listener, sockaddr), "getsockname");
        this.address = sockaddr.toAddress();
        Errno.check(kernel.epollCtl(epoll, Epoll.ADD, listener, Epoll.IN, listener), "epoll_ctl");
    }

    /** Where it listens: the port that it got, if any would do. */
    Address address() {
        return address;
    }

    /** Waits for events, and handles them. */
    void turn() {
        int count = kernel.epollWait(epoll, events, -1);
        for (int i = 0; i < count; i++) {
            int fd = (int) events.data(i);
            if (fd == listener) {
                accept();
            } else if (!serve(fd, events.events(i))) {
                close(fd);
            }
        }
    }

    private void accept() {
        for (int i = 0; i < ACCEPTS; i++) {
            int fd = kernel.accept4(listener, sockaddr, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC);
            if (fd == -Errno.EMFILE || fd == -Errno.ENFILE) {
                full = true;
                kernel.epollCtl(epoll, Epoll.DEL, listener, 0, 0);
            }
            if (fd < 0) {
                return;
            }
            if (fd >= modes.length) {
                int length = fd * 2;
                modes = Arrays.copyOf(modes, length);
                interests = Arrays.copyOf(interests, length);
                owed = Arrays.copyOf(owed, length);
            }
            modes[fd] = NEW;
            interests[fd] = Epoll.IN;
            owed[fd] = 0;
            kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
            if (kernel.epollCtl(epoll, Epoll.ADD, fd, Epoll.IN, fd) < 0) {
                kernel.close(fd);
            }
        }
    }

    private void close(int fd) {
        kernel.close(fd);
        if (full) {
            full = false;
            kernel.epollCtl(epoll, Epoll.ADD, listener, Epoll.IN, listener);
        }
    }

    /** Whether the connection lives on. */
    private boolean serve(int fd, int happened) {
        return switch (modes[fd]) {
            case NEW -> begin(fd);
            case 'e' -> echo(fd, happened);
            case 'u' -> alive(kernel.recv(fd, in, 0, BUFFER, 0), false);
            default -> flood(fd, happened);
        };
    }

    private boolean begin(int fd) {
        long received = kernel.recv(fd, in, 0, 1, 0);
        if (received <= 0) {
            return alive(received, false);
        }
        modes[fd] = in.get(JAVA_BYTE, 0);
        switch (modes[fd]) {
            case 'e' -> {
                return alive(kernel.send(fd, in, 0, 1, Sockets.MSG_NOSIGNAL), true);
            }
            case 'd', 'b' -> interest(fd, Epoll.IN | Epoll.OUT);
            case 'u' -> interest(fd, Epoll.IN);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean flood(int fd, int happened) {
        if ((happened & (Epoll.IN | Epoll.HUP | Epoll.ERR)) != 0 && !alive(kernel.recv(fd, in, 0, BUFFER, 0), false)) {
            return false;
        }
        return (happened & Epoll.OUT) == 0 || alive(kernel.send(fd, out, 0, CHUNK, Sockets.MSG_NOSIGNAL), true);
    }

    private boolean echo(int fd, int happened) {
        if ((happened & ~Epoll.OUT) != 0 && owed[fd] < OWED_AT_MOST) {
            long received = kernel.recv(fd, in, 0, BUFFER, 0);
            if (!alive(received, false)) {
                return false;
            }
            owed[fd] += Math.max(0, received);
        }
        while (owed[fd] > 0) {
            long sent = kernel.send(fd, out, 0, Math.min(owed[fd], BUFFER), Sockets.MSG_NOSIGNAL);
            if (sent < 0) {
                interest(fd, owed[fd] < OWED_AT_MOST ? Epoll.IN | Epoll.OUT : Epoll.OUT);
                return alive(sent, true);
            }
            owed[fd] -= sent;
        }
        interest(fd, Epoll.IN);
        return true;
    }

    /** Whether an answer of recv, or of send, leaves a connection that can go on. */
    private static boolean alive(long result, boolean zeroIsFine) {
        return result > 0 || (result == 0 && zeroIsFine) || result == -Errno.EAGAIN || result == -Errno.EINTR;
    }

    private void interest(int fd, int wanted) {
        if (interests[fd] != wanted) {
            interests[fd] = wanted;
            Errno.check(kernel.epollCtl(epoll, Epoll.MOD, fd, wanted, fd), "epoll_ctl");
        }
    }

    @Override
    public void close() {
        kernel.close(listener);
        kernel.close(epoll);
    }
}
