package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.linux.Epoll;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an idle session costs on the heap. Its sockets, which cost more, are the kernel's. */
class SessionHeapTest extends RealSockets {
    private static final int SESSIONS = 2000;
    private static final int DESCRIPTORS = 4; // of a session, the test's own ends among them
    private static final long MOST_BYTES = 400;

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void isSmall(RelayMode relay) {
        assumeTrue(net.kernel.getFileLimit(false) > SESSIONS * (DESCRIPTORS + 1), "not enough descriptors (ulimit -n)");
        try (ProxyRig rig =
                ProxyRig.plan(relay).plain().idleTimeout(Duration.ofHours(1)).start(net)) {
            int[] ends = new int[2 * SESSIONS];
            // Once before, so that what is made once is there: tables grow, classes load, pools fill.
            open(rig, ends);
            close(rig, ends);
            long before = usedHeap();
            open(rig, ends);
            long each = (usedHeap() - before) / SESSIONS;
            // All objects are of multiples of eight bytes: less than that is what other threads made meanwhile.
            assertTrue(each < MOST_BYTES + 8, () -> each + " bytes of heap for an idle session");
            assertTrue(each > 100, () -> each + " bytes: this measures something else");
            close(rig, ends);
        }
    }

    /** Each has carried a little in both directions, and is idle since. */
    private void open(ProxyRig rig, int[] ends) {
        for (int i = 0; i < SESSIONS; i++) {
            int client = net.connect(rig.address());
            int server = net.accept(rig.origin);
            net.forget(client);
            net.forget(server);
            ends[2 * i] = client;
            ends[2 * i + 1] = server;
            pass(client, server);
            pass(server, client);
        }
        rig.awaitQuiet();
        assertEquals(SESSIONS, rig.snapshot().get(Counter.ACTIVE));
    }

    private void pass(int from, int to) {
        assertEquals(100, net.kernel.send(from, net.buffer, 0, 100, 0));
        net.await(to, Epoll.IN, Net.PATIENCE_MILLIS);
        assertEquals(100, net.kernel.recv(to, net.buffer, 0, 1000, 0));
    }

    private void close(ProxyRig rig, int[] ends) {
        for (int end : ends) {
            net.kernel.setLinger(end, 0);
            net.kernel.close(end);
        }
        ProxyRig.await("sessions to end", () -> rig.snapshot().get(Counter.ACTIVE) == 0);
        rig.ends.clear();
    }

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
