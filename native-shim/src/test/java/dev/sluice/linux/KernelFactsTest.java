package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/** What a splice proxy believes of the kernel. When one of these fails, a relay that trusts it is wrong on this kernel. */
class KernelFactsTest extends RealKernel {
    private static final int SLOTS = 16; // of a default pipe

    @Test
    void pipeIsFullWhenItsSlotsAre() {
        Pair tcp = tcp();
        Pair pipe = pipe();
        assumeTrue(
                kernel.getPipeSize(pipe.a()) == SLOTS * kernel.pageSize(),
                "needs a pipe of 16 slots, but fs.pipe-user-pages-soft is used up");
        for (int i = 0; i < SLOTS; i++) {
            assertEquals(1, send(tcp.a(), "x"));
            await(tcp.b(), Epoll.IN);
            assertEquals(1, splice(tcp.b(), pipe.b()));
        }
        assertEquals(1, send(tcp.a(), "x"));
        await(tcp.b(), Epoll.IN);
        assertEquals(-Errno.EAGAIN, splice(tcp.b(), pipe.b()), "sixteen bytes fill it");
        assertEquals(1, kernel.bytesReadable(tcp.b()), "this EAGAIN does not mean that the socket is empty");
        assertEquals(SLOTS, kernel.bytesReadable(pipe.a()));

        assertEquals(1, kernel.read(pipe.a(), buffer, 0, 1));
        assertEquals(1, splice(tcp.b(), pipe.b()));
        assertEquals(-Errno.EAGAIN, splice(tcp.b(), pipe.b()), "and this one does");
        assertEquals(0, kernel.bytesReadable(tcp.b()));
    }

    @Test
    void urgentMarkStopsSpliceUntilOneReceive() {
        Pair tcp = tcp();
        Pair pipe = pipe();
        sendAroundUrgent(tcp);
        assertEquals(1, splice(tcp.b(), pipe.b()), "up to the mark");
        for (int i = 0; i < 3; i++) {
            assertEquals(-Errno.EAGAIN, splice(tcp.b(), pipe.b()));
            assertTrue((ready(tcp.b(), Epoll.IN) & Epoll.IN) != 0, "readable all the while");
        }
        assertEquals("b", receive(tcp.b()));
        send(tcp.a(), "c");
        await(tcp.b(), Epoll.IN);
        assertEquals(1, splice(tcp.b(), pipe.b()), "past it");
    }

    @Test
    void urgentMarkBeforeTheEndLooksLikeTheEnd() {
        Pair tcp = tcp();
        Pair pipe = pipe();
        sendAroundUrgent(tcp);
        kernel.shutdown(tcp.a(), Sockets.SHUT_WR);
        await(tcp.b(), Epoll.RDHUP);
        assertEquals(1, splice(tcp.b(), pipe.b()));
        assertEquals(0, splice(tcp.b(), pipe.b()));
        assertEquals("b", receive(tcp.b()), "yet there is more");
        assertEquals("", receive(tcp.b()));
    }

    /** {@code a}, an urgent {@code !}, {@code b}, all of it received. */
    private void sendAroundUrgent(Pair tcp) {
        send(tcp.a(), "a");
        send(tcp.a(), "!", Sockets.MSG_OOB);
        send(tcp.a(), "b");
        await(tcp.b(), Epoll.PRI);
        while (kernel.bytesUnsent(tcp.a()) > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void bytesBeforeAResetAreDeliveredThenTheReset() {
        Pair tcp = tcp();
        Pair pipe = pipe();
        send(tcp.a(), "last words");
        reset(tcp.a());
        await(tcp.b(), Epoll.HUP);
        assertEquals(10, splice(tcp.b(), pipe.b()));
        assertEquals(-Errno.ECONNRESET, splice(tcp.b(), pipe.b()));
        assertEquals(0, splice(tcp.b(), pipe.b()), "the error is told once: from then on it looks like a clean end");
    }

    @Test
    void spliceToAResetSocketIsSurvived() {
        Pair tcp = tcp();
        Pair pipe = pipe();
        kernel.write(pipe.b(), buffer, 0, 100);
        reset(tcp.a());
        await(tcp.b(), Epoll.HUP);
        assertEquals(-Errno.ECONNRESET, splice(pipe.a(), tcp.b()));
        assertEquals(-Errno.EPIPE, splice(pipe.a(), tcp.b()), "with a SIGPIPE, which the JVM handles");
        assertEquals(100, kernel.bytesReadable(pipe.a()), "what could not be sent is still in the pipe");
    }

    @Test
    void hangUpIsReportedToWhoAskedForNothing() {
        Pair tcp = tcp();
        int epoll = own(kernel.epollCreate());
        EpollEvents events = new EpollEvents(kernel, 1);
        kernel.epollCtl(epoll, Epoll.ADD, tcp.b(), 0, 0);
        reset(tcp.a());
        for (int i = 0; i < 3; i++) {
            assertEquals(1, kernel.epollWait(epoll, events, 10_000));
            assertTrue((events.events(0) & Epoll.HUP) != 0);
        }
        kernel.epollCtl(epoll, Epoll.DEL, tcp.b(), 0, 0);
        assertEquals(0, kernel.epollWait(epoll, events, 0));
    }

    @Test
    void shortSpliceBeforeTheEndIsNotTheEnd() {
        Pair tcp = tcp();
        Pair pipe = pipe();
        send(tcp.a(), "abc");
        kernel.shutdown(tcp.a(), Sockets.SHUT_WR);
        assertTrue((await(tcp.b(), Epoll.RDHUP) & Epoll.RDHUP) != 0);
        assertEquals(2, kernel.splice(tcp.b(), pipe.b(), 2, Pipes.SPLICE_F_NONBLOCK));
        assertEquals(1, splice(tcp.b(), pipe.b()), "fewer than asked for, and the other side has ended");
        assertEquals(0, splice(tcp.b(), pipe.b()), "the end is a zero of its own");
    }

    @Test
    void socketCanConnectToItself() {
        int socket = socket(Sockets.AF_INET);
        sockaddr.set(LOOPBACK);
        assertEquals(0, kernel.bind(socket, sockaddr));
        int result = connect(socket, nameOf(socket));
        assertTrue(result == 0 || result == -Errno.EINPROGRESS);
        await(socket, Epoll.OUT);
        assertEquals(nameOf(socket), peerOf(socket));
    }
}
