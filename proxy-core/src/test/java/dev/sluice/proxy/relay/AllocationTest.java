package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Relaying allocates nothing on the heap, once it is compiled. */
class AllocationTest extends RealSockets {
    private static final int SESSIONS = 16;
    private static final int SMALL = 128;
    private static final int LARGE = 100 << 10;

    /** Until the compiler is done it does allocate; how many windows that takes is the JVM's business. */
    private static final int MOST_WINDOWS = 60;

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void ofSmallMessages(RelayMode relay) {
        assertAllocatesNothing(relay, SMALL, 10_000);
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void ofLargeMessages(RelayMode relay) {
        assertAllocatesNothing(relay, LARGE, 5_000);
    }

    private void assertAllocatesNothing(RelayMode relay, int bytes, int window) {
        try (ProxyRig rig = ProxyRig.plan(relay).plain().watched().start(net)) {
            List<ProxyRig.Pair> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                sessions.add(rig.open());
            }
            long loop = loopThread();
            long least = Long.MAX_VALUE;
            for (int i = 0; i < MOST_WINDOWS && least >= window; i++) {
                long before = allocatedBytes(loop);
                int messages = 0;
                while (messages < window) {
                    messages += everyoneOnce(sessions, bytes);
                }
                least = Math.min(least, allocatedBytes(loop) - before);
            }
            long allocated = least;
            assertTrue(allocated < window, () -> allocated + " bytes for " + window + " messages of " + bytes);
        }
    }

    /** A message each way in every session, all at once, so that the loop has much to do each time that it wakes. */
    private int everyoneOnce(List<ProxyRig.Pair> sessions, int bytes) {
        for (int direction = 0; direction < 2; direction++) {
            int[] toSend = new int[sessions.size()];
            int[] toReceive = new int[sessions.size()];
            Arrays.fill(toSend, bytes);
            Arrays.fill(toReceive, bytes);
            int left = sessions.size();
            long deadline = System.nanoTime() + Net.PATIENCE_MILLIS * 1_000_000L;
            while (left > 0) {
                assertTrue(System.nanoTime() - deadline < 0, "stuck");
                for (int i = 0; i < toSend.length; i++) {
                    List<Conn> both = sessions.get(i).both();
                    if (toSend[i] > 0) {
                        toSend[i] -= moved(net.kernel.send(
                                both.get(direction).fd, net.buffer, 0, toSend[i], Sockets.MSG_NOSIGNAL));
                    }
                    if (toReceive[i] > 0) {
                        toReceive[i] -=
                                moved(net.kernel.recv(both.get(1 - direction).fd, net.buffer, 0, toReceive[i], 0));
                        left -= toReceive[i] == 0 ? 1 : 0;
                    }
                }
            }
        }
        return 2 * sessions.size();
    }

    private static int moved(long result) {
        return result == -Errno.EAGAIN ? 0 : (int) Errno.check(result, "send or recv");
    }

    private static long loopThread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("sluice-loop"))
                .findFirst()
                .orElseThrow()
                .threadId();
    }

    /** By reflection, so that the module need not read the management modules for the sake of a test. */
    private static long allocatedBytes(long thread) {
        try {
            Object bean = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            return (long) Class.forName("com.sun.management.ThreadMXBean")
                    .getMethod("getThreadAllocatedBytes", long.class)
                    .invoke(bean, thread);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
