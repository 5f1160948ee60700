package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is counted, and when a session looks at its clock. */
class CountingTest extends RealSockets {
    /** What was taken from one side and never given to the other did not cross. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void bytesCountWhenTheyAreGiven(RelayMode relay) {
        Script script = new Script();
        AtomicLong taken = new AtomicLong();
        AtomicLong given = new AtomicLong();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            script.witness((call, fd, result) -> {
                if (result > 0 && (call == Call.SPLICE_IN || call == Call.RECV)) {
                    taken.addAndGet(result);
                } else if (result > 0 && (call == Call.SPLICE_OUT || call == Call.SEND)) {
                    given.addAndGet(result);
                }
            });
            for (int i = 0; i < 3; i++) {
                while (pair.client().write(1 << 20) > 0) {
                    // until nothing more fits
                }
                rig.awaitQuiet();
            }
            assertTrue(taken.get() > given.get(), () -> "none is held up: " + taken + ", " + given);
            assertEquals(given.get(), rig.snapshot().get(Counter.BYTES_UP));
            pair.server().reset();
            SessionEnd end = rig.awaitEnd();
            assertEquals(given.get(), end.session().bytesUp());
            assertEquals(given.get(), rig.snapshot().get(Counter.BYTES_UP));
            assertEquals(0, end.session().bytesDown());
        }
    }

    /**
     * A byte stores a time and no more; the timer fires all the same, looks at it, and is set for the rest. Were it set anew at every byte,
     * it would not fire while there are any.
     */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aByteDoesNotSetATimer(RelayMode relay) {
        Script script = new Script();
        AtomicLong expired = new AtomicLong();
        try (ProxyRig rig =
                ProxyRig.plan(relay).idleTimeout(Duration.ofMillis(400)).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            script.witness((call, fd, result) -> {
                if (call == Call.EPOLL_WAIT && result == 0) {
                    expired.incrementAndGet();
                }
            });
            long end = System.nanoTime() + 1_500_000_000L;
            while (System.nanoTime() - end < 0) {
                Conn client = pair.client();
                client.write(1);
                ProxyRig.pause(10);
                pair.server().read(100);
            }
            assertEquals(1, rig.snapshot().get(Counter.ACTIVE), "not idle");
            assertTrue(expired.get() >= 2, () -> expired + " waits ended by a timer");
        }
    }
}
