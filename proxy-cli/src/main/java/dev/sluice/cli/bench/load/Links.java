package dev.sluice.cli.bench.load;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The connections of a client, by number, in one epoll. What is sent is always the same bytes, and what is received is thrown
 * away: a benchmark's payload has no meaning.
 */
final class Links implements AutoCloseable {
    /** Most bytes of one receive. */
    static final int BUFFER = 1 << 20;

    private static final int NONE = -1;

    private final Kernel kernel;
    private final int epoll;
    private final MemorySegment out;
    private final MemorySegment in;
    private final SockaddrBuffer address;
    private final int family;
    private final int first;
    private final int[] descriptors;
    private final int[] interests;

    /**
     * Connections that are yet to be dialled.
     *
     * @param first what the epoll tells of connection 0; the others follow
     */
    Links(Kernel kernel, int epoll, MemorySegment out, MemorySegment in, String to, int first, int count) {
        this.kernel = kernel;
        this.epoll = epoll;
        this.out = out;
        this.in = in;
        this.first = first;
        Address parsed = Address.parse(to);
        this.family = parsed.family();
        this.address = new SockaddrBuffer(kernel);
        address.set(parsed);
        this.descriptors = new int[count];
        this.interests = new int[count];
        Arrays.fill(descriptors, NONE);
    }

    int count() {
        return descriptors.length;
    }

    /** Begins to connect; when that is done or has failed, the connection is writable. Answers as connect(2). */
    int dial(int link) {
        int fd = kernel.socket(family, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
        int result = kernel.connect(fd, address);
        if (result < 0 && result != -Errno.EINPROGRESS) {
            kernel.close(fd);
            return result;
        }
        descriptors[link] = fd;
        interests[link] = Epoll.OUT;
        Errno.check(kernel.epollCtl(epoll, Epoll.ADD, fd, Epoll.OUT, first + link), "epoll_ctl");
        return 0;
    }

    /** Why a connection that was dialled did not come about: an errno, or 0. */
    int error(int link) {
        return kernel.getsockopt(descriptors[link], Sockets.SOL_SOCKET, Sockets.SO_ERROR);
    }

    /** Which events are of interest from now on. */
    void interest(int link, int events) {
        if (interests[link] != events) {
            interests[link] = events;
            Errno.check(kernel.epollCtl(epoll, Epoll.MOD, descriptors[link], events, first + link), "epoll_ctl");
        }
    }

    /** One send of at most this much and at most a buffer: bytes or −errno. */
    long send(int link, long length) {
        return kernel.send(descriptors[link], out, 0, Math.min(length, out.byteSize()), Sockets.MSG_NOSIGNAL);
    }

    /** Sends the byte that tells the server what this connection is. */
    long sendMode(int link, byte mode) {
        in.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, mode);
        return kernel.send(descriptors[link], in, 0, 1, Sockets.MSG_NOSIGNAL);
    }

    /** One receive of at most a buffer: bytes, 0 at the end, or −errno. */
    long receive(int link) {
        return kernel.recv(descriptors[link], in, 0, in.byteSize(), 0);
    }

    /** Ends with a reset, which leaves no TIME_WAIT behind. */
    void reset(int link) {
        if (descriptors[link] != NONE) {
            kernel.setLinger(descriptors[link], 0);
            kernel.close(descriptors[link]);
            descriptors[link] = NONE;
        }
    }

    @Override
    public void close() {
        for (int link = 0; link < descriptors.length; link++) {
            reset(link);
        }
    }
}
