package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** The calls that carry traffic allocate nothing on the heap once C2 has compiled them. */
class AllocationTest extends RealKernel {
    private static final int CALLS = 100_000;
    private static final long PATIENCE_NANOS = 30_000_000_000L;
    private static final long NOISE = 4096; // bytes in a round: a compiler thread's hand-over, not 0.05 bytes a call

    @Test
    void receiveAndSend() {
        Pair tcp = tcp();
        assertAllocatesNothing(() -> {
            for (int i = 0; i < CALLS / 2; i++) {
                kernel.send(tcp.a(), buffer, 0, 64, Sockets.MSG_NOSIGNAL);
                kernel.recv(tcp.b(), buffer, 0, 64, 0);
            }
        });
    }

    @Test
    void refusals() {
        Pair tcp = tcp();
        assertAllocatesNothing(() -> {
            for (int i = 0; i < CALLS; i++) {
                kernel.recv(tcp.b(), buffer, 0, 64, 0);
            }
        });
    }

    @Test
    void splice() {
        Pair tcp = tcp();
        Pair pipe = pipe();
        assertEquals(64, kernel.write(pipe.b(), buffer, 0, 64));
        assertAllocatesNothing(() -> {
            for (int i = 0; i < CALLS / 2; i++) {
                kernel.splice(pipe.a(), tcp.a(), 64, Pipes.SPLICE_F_NONBLOCK);
                kernel.splice(tcp.b(), pipe.b(), 64, Pipes.SPLICE_F_NONBLOCK);
            }
        });
    }

    @Test
    void epoll() {
        Pair pipe = pipe();
        int epoll = own(kernel.epollCreate());
        kernel.epollCtl(epoll, Epoll.ADD, pipe.b(), Epoll.OUT, 3);
        EpollEvents events = new EpollEvents(kernel, 16);
        assertAllocatesNothing(() -> {
            long sum = 0;
            for (int i = 0; i < CALLS / 2; i++) {
                kernel.epollCtl(epoll, Epoll.MOD, pipe.b(), Epoll.OUT, i);
                int found = kernel.epollWait(epoll, events, 0);
                for (int e = 0; e < found; e++) {
                    sum += events.data(e) + events.events(e);
                }
            }
            assertTrue(sum > 0);
        });
    }

    @Test
    void tcpInfo() {
        Pair tcp = tcp();
        assertAllocatesNothing(() -> {
            long sum = 0;
            for (int i = 0; i < CALLS; i++) {
                sum += TcpInfo.rttMicros(kernel.tcpInfo(tcp.a()));
            }
            assertTrue(sum > 0);
        });
    }

    /** Until compiled it does allocate; how long that takes is the JVM's business. */
    private static void assertAllocatesNothing(Runnable round) {
        long began = System.nanoTime();
        long allocated;
        do {
            long before = allocatedBytes();
            round.run();
            allocated = allocatedBytes() - before;
            if (allocated < NOISE) {
                return;
            }
        } while (System.nanoTime() - began < PATIENCE_NANOS);
        throw new AssertionError(allocated + " bytes in the last " + CALLS + " calls");
    }

    /** By reflection, so that the module need not read the management modules for the sake of a test. */
    private static long allocatedBytes() {
        try {
            Object bean = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            Method method =
                    Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
            return (long) method.invoke(bean);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
