package dev.sluice.cli.bench.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.cli.machine.Proc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Of this very process. */
class WatchTest {
    private static final long SELF = ProcessHandle.current().pid();
    private static final Watched SELF_ONLY = new Watched(List.of(SELF), List.of(), List.of(), List.of());

    @Test
    void readingsGrowByWhatWasUsed() throws Exception {
        try (Meter meter = new Meter(Proc.REAL)) {
            Reading before = meter.read(SELF_ONLY);
            long end = System.nanoTime() + 200_000_000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            Thread.sleep(5); // a context switch
            Reading used = meter.read(SELF_ONLY).since(before);
            assertTrue(used.cpuNanos() > 20_000_000, used::toString);
            assertTrue(used.totalSwitches() >= 1, used::toString);
            assertTrue(used.machineNanos() > 0, used::toString);
            assertTrue(used.userPart() >= 0 && used.userPart() <= 1, used::toString);
            assertEquals(used.cpuNanos(), used.benchNanos());
            assertTrue(meter.resident(List.of(SELF)) > 1 << 20);
        }
    }

    @Test
    void everyProcessHasItsPart() {
        try (Meter meter = new Meter(Proc.REAL)) {
            long init = 1;
            Reading reading = meter.read(new Watched(List.of(), List.of(SELF), List.of(SELF), List.of(init)));
            assertEquals(0, reading.cpuNanos());
            assertTrue(reading.clientNanos() > 0, reading::toString);
            assertTrue(reading.serverNanos() >= reading.clientNanos(), reading::toString);
            assertTrue(reading.benchNanos() >= 2 * reading.clientNanos(), reading::toString);
        }
    }

    @Test
    void whoHasGoneUsesNothing() {
        try (Meter meter = new Meter(Proc.REAL)) {
            Reading reading = meter.read(new Watched(List.of(4_194_304L), List.of(), List.of(), List.of()));
            assertEquals(0, reading.cpuNanos());
            assertEquals(Map.of(), reading.switches());
        }
    }

    @Test
    void threadsThatBeginMeanwhileCount() {
        Reading before = new Reading(0, 10, 10, Map.of(1L, 5L, 2L, 7L), 0, 0, 5, 1);
        Reading after = new Reading(0, 13, 11, Map.of(1L, 8L, 3L, 4L), 0, 0, 7, 4);
        assertEquals(7, after.since(before).totalSwitches());
        assertEquals(2, after.since(before).clientNanos());
        assertEquals(3, after.since(before).serverNanos());
        assertEquals(0.75, after.since(before).userPart(), 1e-9);
    }

    @Test
    void theOwnerOfAListeningPort() throws Exception {
        Owners owners = new Owners(Proc.REAL);
        for (String host : new String[] {"127.0.0.1", "127.0.0.2", "::1", "0.0.0.0"}) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.ofLiteral(host), 0));
                assertEquals(List.of(SELF), owners.of((InetSocketAddress) socket.getLocalSocketAddress()), host);
                if (host.equals("127.0.0.2")) {
                    InetSocketAddress other =
                            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), socket.getLocalPort());
                    assertEquals(List.of(), owners.of(other), "another address");
                }
            }
        }
    }

    @Test
    void systemCallsAreCountedWhereThatIsPossible() throws Exception {
        try (CallCounter counter = new CallCounter()) {
            assumeTrue(counter.obstacle() == null, () -> "cannot count: " + counter.obstacle());
            assertEquals(-1, counter.end(), "not begun");
            counter.begin(List.of(SELF));
            for (int i = 0; i < 100; i++) {
                Proc.REAL.text("uptime"); // open, read, close at least
            }
            long calls = counter.end();
            assertTrue(calls >= 300, () -> calls + " calls");
        }
    }
}
