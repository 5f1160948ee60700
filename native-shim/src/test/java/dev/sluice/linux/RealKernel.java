package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** A kernel per test, the descriptors that the test opened, and the pairs that most tests begin with. */
@ExtendWith(DescriptorLeakCheck.class)
abstract class RealKernel {
    static final int BUFFER = 1 << 16;
    static final Address LOOPBACK = new Address.V4(0x7f000001, 0);
    private static final int PATIENCE_MILLIS = 10_000;

    LinuxKernel kernel;
    MemorySegment buffer;
    SockaddrBuffer sockaddr;
    private ArrayDeque<Integer> opened;

    /** Two descriptors: the ends of a pipe, or of a connection. */
    record Pair(int a, int b) {}

    @BeforeEach
    void openKernel() {
        kernel = LinuxKernel.open();
        buffer = kernel.allocate(BUFFER);
        sockaddr = new SockaddrBuffer(kernel);
        opened = new ArrayDeque<>();
    }

    @AfterEach
    void closeKernel() {
        opened.forEach(kernel::close);
        kernel.close();
    }

    /** Takes note of a descriptor that a call answered, to be closed after the test. */
    int own(int descriptor) {
        assertTrue(descriptor >= 0, () -> Errno.describe(-descriptor));
        opened.push(descriptor);
        return descriptor;
    }

    /** Closes before the test ends. */
    void shut(int descriptor) {
        assertTrue(opened.remove(descriptor));
        assertEquals(0, kernel.close(descriptor));
    }

    /** Read end, write end. */
    Pair pipe() {
        long pipe = Errno.check(kernel.pipe(), "pipe2");
        return new Pair(own(Pipes.readEnd(pipe)), own(Pipes.writeEnd(pipe)));
    }

    int socket(int family) {
        return own(kernel.socket(family, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC, 0));
    }

    int listener(Address address) {
        int listener = socket(address.family());
        sockaddr.set(address);
        Errno.check(kernel.bind(listener, sockaddr), "bind");
        Errno.check(kernel.listen(listener, 16), "listen");
        return listener;
    }

    Address nameOf(int socket) {
        Errno.check(kernel.getsockname(socket, sockaddr), "getsockname");
        return sockaddr.toAddress();
    }

    Address peerOf(int socket) {
        Errno.check(kernel.getpeername(socket, sockaddr), "getpeername");
        return sockaddr.toAddress();
    }

    int connect(int socket, Address to) {
        sockaddr.set(to);
        return kernel.connect(socket, sockaddr);
    }

    int accept(int listener) {
        await(listener, Epoll.IN);
        return own(kernel.accept4(listener, sockaddr, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC));
    }

    /** A TCP connection over loopback that sends at once: the client, the accepted socket. */
    Pair tcp() {
        int listener = listener(LOOPBACK);
        int client = socket(Sockets.AF_INET);
        assertEquals(-Errno.EINPROGRESS, connect(client, nameOf(listener)));
        int server = accept(listener);
        await(client, Epoll.OUT);
        for (int end : new int[] {client, server}) {
            Errno.check(kernel.setsockopt(end, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1), "setsockopt");
        }
        shut(listener);
        return new Pair(client, server);
    }

    /** Waits until one of the events is reported. */
    int await(int descriptor, int events) {
        int epoll = kernel.epollCreate();
        try {
            EpollEvents found = new EpollEvents(kernel, 1);
            Errno.check(kernel.epollCtl(epoll, Epoll.ADD, descriptor, events, 0), "epoll_ctl");
            assertEquals(1, kernel.epollWait(epoll, found, PATIENCE_MILLIS), "nothing happened");
            return found.events(0);
        } finally {
            kernel.close(epoll);
        }
    }

    /** What a level-triggered epoll reports now. */
    int ready(int descriptor, int events) {
        int epoll = kernel.epollCreate();
        try {
            EpollEvents found = new EpollEvents(kernel, 1);
            Errno.check(kernel.epollCtl(epoll, Epoll.ADD, descriptor, events, 0), "epoll_ctl");
            return kernel.epollWait(epoll, found, 0) == 0 ? 0 : found.events(0);
        } finally {
            kernel.close(epoll);
        }
    }

    long send(int socket, String text) {
        return send(socket, text, 0);
    }

    long send(int socket, String text, int flags) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return kernel.send(socket, buffer, 0, bytes.length, flags | Sockets.MSG_NOSIGNAL);
    }

    /** One recv, which must bring something. */
    String receive(int socket) {
        return text(Errno.check(kernel.recv(socket, buffer, 0, BUFFER, 0), "recv"));
    }

    /** The first bytes of the buffer. */
    String text(long length) {
        return new String(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    /** Closes with a reset. */
    void reset(int socket) {
        assertTrue(opened.remove(socket));
        kernel.closeWithReset(socket);
        assertEquals(-Errno.EBADF, kernel.close(socket));
    }

    /** One non-blocking splice of at most a buffer's length. */
    long splice(int from, int to) {
        return kernel.splice(from, to, BUFFER, Pipes.SPLICE_F_NONBLOCK);
    }
}
