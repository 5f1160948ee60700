package dev.sluice.proxy.testkit;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Errno;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** The sockets of a test's thread, raw and non-blocking, and waiting for them with a deadline. */
public final class Net implements AutoCloseable {
    /** The deadline on every wait. */
    public static final int PATIENCE_MILLIS = 20_000;

    public static final int BUFFER = 1 << 18;
    public static final Address LOOPBACK = new Address.V4(0x7f000001, 0);

    private static final int TCP_MAXSEG = 2;

    /** 127.1.0.0 … 127.255.255.255. */
    private static final int HOST = 0x7f000000 | ThreadLocalRandom.current().nextInt(1 << 16, 1 << 24);

    private static final AtomicInteger PORTS = new AtomicInteger(10_000);

    /** As an Ethernet would have it. Loopback's own are so large that one does not fit into a small window, and then waits for a timer. */
    public static final int ETHERNET_SEGMENT = 1448;

    /** Bytes of a segment, of the sockets opened from now on; 0 = as the kernel likes. */
    public int segment;

    public final LinuxKernel kernel = LinuxKernel.open();
    public final MemorySegment buffer = kernel.allocate(BUFFER);
    private final SockaddrBuffer sockaddr = new SockaddrBuffer(kernel);
    private final EpollEvents events = new EpollEvents(kernel, 16);
    private final int epoll = Errno.check(kernel.epollCreate(), "epoll_create1");
    private final Set<Integer> open = new HashSet<>();

    public int socket(int family) {
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        int fd = Errno.check(kernel.socket(family, type, 0), "socket");
        open.add(fd);
        if (family != Sockets.AF_UNIX) {
            kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
            if (segment > 0) {
                kernel.setsockopt(fd, Sockets.IPPROTO_TCP, TCP_MAXSEG, segment);
            }
        }
        return fd;
    }

    /** The raw answer of bind(2). */
    public int tryBind(int fd, Address address) {
        sockaddr.set(address);
        return kernel.bind(fd, sockaddr);
    }

    public void bind(int fd, Address address) {
        Errno.check(tryBind(fd, address), "bind");
    }

    public int listen(Address address, int backlog) {
        int fd = socket(address.family());
        kernel.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
        bind(fd, address);
        Errno.check(kernel.listen(fd, backlog), "listen");
        return fd;
    }

    public Address nameOf(int fd) {
        Errno.check(kernel.getsockname(fd, sockaddr), "getsockname");
        return sockaddr.toAddress();
    }

    /** Who is at the other end. */
    public Address peerOf(int fd) {
        Errno.check(kernel.getpeername(fd, sockaddr), "getpeername");
        return sockaddr.toAddress();
    }

    /**
     * The IPv4 sockets of this network namespace as the kernel writes them, in hexadecimal: address, port, and the same of the peer. That is
     * what others mean by a port, while this project's own code at both ends might make the same mistake twice.
     */
    public static List<String> tcpTable() {
        try {
            return Files.readAllLines(Path.of("/proc/self/net/tcp")).stream()
                    .skip(1)
                    .map(line -> line.strip().split("\\s+", 4))
                    .map(columns -> columns[1] + " " + columns[2])
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** How the kernel writes a port of 127.0.0.1 there. */
    public static String inTable(Address address) {
        return address instanceof Address.V4 v4 ? String.format("0100007F:%04X", v4.port()) : "none";
    }

    /**
     * An address where nobody listens until the test does: on a host of loopback that no other process has, and none of the ports that
     * the kernel gives to those who ask for any.
     */
    public static Address unused() {
        return new Address.V4(HOST, PORTS.incrementAndGet());
    }

    /** A port where nobody listens. */
    public Address refusing() {
        int fd = listen(LOOPBACK, 1);
        Address address = nameOf(fd);
        close(fd);
        return address;
    }

    /** A TCP listener with a full backlog: it drops what asks to connect, so that nobody gets an answer. */
    public Address deaf() {
        Address address = nameOf(listen(LOOPBACK, 0));
        connect(address); // one more than the backlog says is let in
        for (int i = 0; i < 3; i++) {
            tryConnect(socket(address.family()), address);
        }
        return address;
    }

    /** A name for a unix socket that no other has, without a file. */
    public static Address abstractName() {
        return new Address.Unix("@sluice-test-" + UUID.randomUUID());
    }

    /** Connects to a unix listener until it takes no more. */
    public List<Integer> fillBacklog(Address address) {
        List<Integer> connected = new ArrayList<>();
        while (true) {
            int fd = socket(address.family());
            int result = tryConnect(fd, address);
            if (result == -Errno.EAGAIN) {
                close(fd);
                return connected;
            }
            Errno.check(result, "connect");
            connected.add(fd);
        }
    }

    /** The raw answer of connect(2). */
    public int tryConnect(int fd, Address to) {
        sockaddr.set(to);
        return kernel.connect(fd, sockaddr);
    }

    /** A connected socket. */
    public int connect(Address to) {
        int fd = socket(to.family());
        int result = tryConnect(fd, to);
        if (result != -Errno.EINPROGRESS) {
            Errno.check(result, "connect");
        } else if (!await(fd, Epoll.OUT, PATIENCE_MILLIS)) {
            throw new AssertionError("not connected to " + to);
        }
        return fd;
    }

    /** The errno that connecting ends with, 0 for none. */
    public int connectError(Address to) {
        int fd = socket(to.family());
        int result = tryConnect(fd, to);
        if (result == -Errno.EINPROGRESS) {
            await(fd, Epoll.OUT, PATIENCE_MILLIS);
            result = -kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
        }
        close(fd);
        return -result;
    }

    /** Whether somebody listens there. Without connecting: who connects may be let in still, or be too late. */
    public boolean listens(Address at) {
        int fd = socket(at.family());
        kernel.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
        boolean taken = tryBind(fd, at) < 0;
        close(fd);
        return taken;
    }

    /** That nobody listens there. */
    public void assertRefused(Address to) {
        int error = connectError(to);
        if (error != Errno.ECONNREFUSED) {
            throw new AssertionError(to + " is not refused, but " + (error == 0 ? "connected" : Errno.name(error)));
        }
    }

    /** A connection off the backlog, or −errno. */
    public int tryAccept(int listener) {
        int fd = kernel.accept4(listener, sockaddr, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC);
        if (fd >= 0) {
            open.add(fd);
        }
        return fd;
    }

    public int accept(int listener) {
        if (!await(listener, Epoll.IN, PATIENCE_MILLIS)) {
            throw new AssertionError("nobody connected");
        }
        return Errno.check(tryAccept(listener), "accept4");
    }

    /** Waits until one of the events, an error or a hang-up is reported; false when none was in time. */
    public boolean await(int fd, int mask, int millis) {
        add(fd, mask);
        try {
            return kernel.epollWait(epoll, events, millis) > 0;
        } finally {
            remove(fd);
        }
    }

    /** Waits for one of several, watched with {@link #add}. */
    public boolean awaitAny(int millis) {
        return kernel.epollWait(epoll, events, millis) > 0;
    }

    public void add(int fd, int mask) {
        Errno.check(kernel.epollCtl(epoll, Epoll.ADD, fd, mask, fd), "epoll_ctl");
    }

    public void remove(int fd) {
        kernel.epollCtl(epoll, Epoll.DEL, fd, 0, 0);
    }

    public void close(int fd) {
        if (open.remove(fd)) {
            kernel.close(fd);
        }
    }

    /** The caller closes it, and no memory is spent on it here. */
    public void forget(int fd) {
        open.remove(fd);
    }

    /** Closes with a reset. */
    public void reset(int fd) {
        kernel.setLinger(fd, 0);
        close(fd);
    }

    /** Closes all that was opened here. */
    @Override
    public void close() {
        open.forEach(kernel::close);
        open.clear();
        kernel.close(epoll);
        kernel.close();
    }
}
