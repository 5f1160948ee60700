package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class SocketCallsTest extends RealKernel {

    @Test
    void bothSidesKnowEachOther() {
        int listener = listener(LOOPBACK);
        Address.V4 name = assertInstanceOf(Address.V4.class, nameOf(listener));
        assertNotEquals(0, name.port());
        int client = socket(Sockets.AF_INET);
        assertEquals(-Errno.EINPROGRESS, connect(client, name));
        int server = accept(listener);
        Address peer = sockaddr.toAddress();
        assertEquals(nameOf(client), peer);
        assertEquals(peer, peerOf(server));
        assertEquals(name, peerOf(client));
        assertEquals(name, nameOf(server));
    }

    @Test
    void sendAndReceiveAtOffsets() {
        Pair tcp = tcp();
        buffer.setString(1000, "hello");
        assertEquals(5, kernel.send(tcp.a(), buffer, 1000, 5, Sockets.MSG_NOSIGNAL));
        await(tcp.b(), Epoll.IN);
        assertEquals(5, kernel.bytesReadable(tcp.b()));
        assertEquals(5, kernel.recv(tcp.b(), buffer, 0, BUFFER, Sockets.MSG_PEEK));
        assertEquals(2, kernel.recv(tcp.b(), buffer, 2000, 2, 0));
        assertEquals(3, kernel.recv(tcp.b(), buffer, 2002, 100, 0));
        assertEquals("hello", buffer.getString(2000));
        assertEquals(0, kernel.bytesReadable(tcp.b()));
        assertEquals(-Errno.EAGAIN, kernel.recv(tcp.b(), buffer, 0, 1, 0));
    }

    @Test
    void fullSocketSaysAgainAndWhatIsUnsent() {
        Pair tcp = tcp();
        long sent = 0;
        long result = 0;
        while (result >= 0) {
            sent += result;
            result = kernel.send(tcp.a(), buffer, 0, BUFFER, Sockets.MSG_NOSIGNAL);
        }
        assertEquals(-Errno.EAGAIN, result);
        int unsent = kernel.bytesUnsent(tcp.a());
        assertTrue(unsent > 0 && unsent <= sent, () -> unsent + " unsent");
    }

    @Test
    void shutdownIsEndOfStreamOneWay() {
        Pair tcp = tcp();
        assertEquals(0, kernel.shutdown(tcp.a(), Sockets.SHUT_WR));
        assertTrue((await(tcp.b(), Epoll.IN | Epoll.RDHUP) & Epoll.RDHUP) != 0);
        assertEquals(0, kernel.recv(tcp.b(), buffer, 0, 1, 0));
        assertEquals(-Errno.EPIPE, send(tcp.a(), "x"));
        assertEquals(1, send(tcp.b(), "x"));
        await(tcp.a(), Epoll.IN);
        assertEquals("x", receive(tcp.a()));
    }

    @Test
    void resetArrives() {
        Pair tcp = tcp();
        reset(tcp.a());
        await(tcp.b(), 0);
        assertEquals(-Errno.ENOTCONN, kernel.shutdown(tcp.b(), Sockets.SHUT_WR));
        assertEquals(Errno.ECONNRESET, kernel.getsockopt(tcp.b(), Sockets.SOL_SOCKET, Sockets.SO_ERROR));
        assertEquals(0, kernel.getsockopt(tcp.b(), Sockets.SOL_SOCKET, Sockets.SO_ERROR), "reading takes it away");
        assertEquals(-Errno.EPIPE, send(tcp.b(), "x"));
    }

    @Test
    void receiveReportsReset() {
        Pair tcp = tcp();
        reset(tcp.a());
        await(tcp.b(), 0);
        assertEquals(-Errno.ECONNRESET, kernel.recv(tcp.b(), buffer, 0, 1, 0));
        assertEquals(0, kernel.recv(tcp.b(), buffer, 0, 1, 0));
    }

    @Test
    void closedPortRefuses() {
        int listener = listener(LOOPBACK);
        Address closed = nameOf(listener);
        shut(listener);
        int client = socket(Sockets.AF_INET);
        assertEquals(-Errno.EINPROGRESS, connect(client, closed));
        await(client, Epoll.OUT);
        assertEquals(Errno.ECONNREFUSED, kernel.getsockopt(client, Sockets.SOL_SOCKET, Sockets.SO_ERROR));
        int blocking = own(kernel.socket(Sockets.AF_INET, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0));
        assertEquals(-Errno.ECONNREFUSED, connect(blocking, closed));
    }

    @Test
    void connectIsRefused() {
        Pair tcp = tcp();
        assertEquals(-Errno.EISCONN, connect(tcp.b(), peerOf(tcp.b())));
        assertEquals(-Errno.EAFNOSUPPORT, connect(socket(Sockets.AF_INET), new Address.V6(0, 1, 0, 9)));
        assertEquals(-Errno.ENOENT, connect(socket(Sockets.AF_UNIX), new Address.Unix("/nonexistent/socket")));
        assertEquals(-Errno.ECONNREFUSED, connect(socket(Sockets.AF_UNIX), new Address.Unix("@sluice-nobody-here")));
    }

    @Test
    void fullUnixBacklogSaysAgain() {
        int listener = listener(
                new Address.Unix("@sluice-full-" + ProcessHandle.current().pid()));
        Errno.check(kernel.listen(listener, 0), "listen");
        Address name = nameOf(listener);
        assertEquals(0, connect(socket(Sockets.AF_UNIX), name));
        assertEquals(-Errno.EAGAIN, connect(socket(Sockets.AF_UNIX), name));
    }

    @Test
    void bindIsRefused() {
        int listener = listener(LOOPBACK);
        Address taken = nameOf(listener);
        assertEquals(-Errno.EADDRINUSE, bind(socket(Sockets.AF_INET), taken));
        assertEquals(-Errno.EINVAL, bind(listener, LOOPBACK), "bound already");
        assertEquals(-Errno.EADDRNOTAVAIL, bind(socket(Sockets.AF_INET), Address.parse("192.0.2.1:0")));
        assertEquals(-Errno.ENOENT, bind(socket(Sockets.AF_UNIX), new Address.Unix("/nonexistent/socket")));
    }

    private int bind(int socket, Address address) {
        sockaddr.set(address);
        return kernel.bind(socket, sockaddr);
    }

    @Test
    void listenIsRefusedWhereAnotherListens() {
        int first = socket(Sockets.AF_INET);
        int second = socket(Sockets.AF_INET);
        for (int socket : new int[] {first, second}) {
            assertEquals(0, kernel.setsockopt(socket, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1));
        }
        assertEquals(0, bind(first, LOOPBACK));
        assertEquals(0, bind(second, nameOf(first)));
        assertEquals(0, kernel.listen(first, 1));
        assertEquals(-Errno.EADDRINUSE, kernel.listen(second, 1));
    }

    @Test
    void acceptIsRefused() {
        assertEquals(-Errno.EAGAIN, kernel.accept4(listener(LOOPBACK), sockaddr, 0));
        assertEquals(-Errno.EINVAL, kernel.accept4(socket(Sockets.AF_INET), sockaddr, 0));
        assertEquals(-Errno.EINVAL, kernel.accept4(listener(LOOPBACK), sockaddr, 0x1));
    }

    @Test
    void acceptedSocketBlocksOnlyWhenAskedTo() {
        Pair tcp = tcp();
        assertEquals(-Errno.EAGAIN, kernel.recv(tcp.b(), buffer, 0, 1, 0));
        assertEquals(-Errno.EAGAIN, kernel.recv(tcp.b(), buffer, 0, 1, Sockets.MSG_DONTWAIT));
    }

    @Test
    void socketIsRefused() {
        assertEquals(-Errno.EAFNOSUPPORT, kernel.socket(9999, Sockets.SOCK_STREAM, 0));
        assertEquals(-Errno.EINVAL, kernel.socket(Sockets.AF_INET, 0x7f, 0));
    }

    @Test
    void optionsAreReadBack() {
        int socket = socket(Sockets.AF_INET6);
        assertOption(socket, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY);
        assertOption(socket, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE);
        assertOption(socket, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR);
        assertOption(socket, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY);
        assertEquals(0, kernel.setsockopt(socket, Sockets.SOL_SOCKET, Sockets.SO_RCVBUF, 8192));
        assertEquals(16384, kernel.getsockopt(socket, Sockets.SOL_SOCKET, Sockets.SO_RCVBUF), "doubled, socket(7)");
        assertEquals(-Errno.ENOPROTOOPT, kernel.getsockopt(socket, Sockets.SOL_SOCKET, 9999));
        assertEquals(-Errno.ENOPROTOOPT, kernel.setsockopt(socket, Sockets.SOL_SOCKET, 9999, 1));
    }

    private void assertOption(int socket, int level, int option) {
        for (int value : new int[] {1, 0}) {
            assertEquals(0, kernel.setsockopt(socket, level, option, value));
            assertEquals(value, kernel.getsockopt(socket, level, option));
        }
    }

    @Test
    void namesOfTheUnconnected() {
        int socket = socket(Sockets.AF_INET);
        assertEquals(new Address.V4(0, 0), nameOf(socket));
        assertEquals(-Errno.ENOTCONN, kernel.getpeername(socket, sockaddr));
        assertEquals(-Errno.ENOTCONN, kernel.shutdown(socket, Sockets.SHUT_WR));
        assertEquals(-Errno.ENOTCONN, kernel.recv(socket, buffer, 0, 1, 0));
        assertEquals(-Errno.EPIPE, send(socket, "x"));
    }

    @Test
    void pipesAreNoSockets() {
        int pipe = pipe().a();
        sockaddr.set(LOOPBACK);
        assertNotSocket(fd -> kernel.bind(fd, sockaddr), pipe);
        assertNotSocket(fd -> kernel.listen(fd, 1), pipe);
        assertNotSocket(fd -> kernel.accept4(fd, sockaddr, 0), pipe);
        assertNotSocket(fd -> kernel.connect(fd, sockaddr), pipe);
        assertNotSocket(fd -> kernel.getsockname(fd, sockaddr), pipe);
        assertNotSocket(fd -> kernel.getpeername(fd, sockaddr), pipe);
        assertNotSocket(fd -> kernel.shutdown(fd, Sockets.SHUT_WR), pipe);
        assertNotSocket(fd -> kernel.setLinger(fd, 0), pipe);
        assertNotSocket(fd -> (int) kernel.recv(fd, buffer, 0, 1, 0), pipe);
        assertNotSocket(fd -> (int) kernel.send(fd, buffer, 0, 1, Sockets.MSG_NOSIGNAL), pipe);
        assertEquals(-Errno.ENOTTY, kernel.bytesUnsent(pipe));
    }

    private static void assertNotSocket(IntUnaryOperator call, int descriptor) {
        assertEquals(-Errno.ENOTSOCK, call.applyAsInt(descriptor));
        assertEquals(-Errno.EBADF, call.applyAsInt(-1));
    }
}
