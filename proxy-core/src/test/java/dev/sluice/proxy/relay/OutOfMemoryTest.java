package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No heap left just when a session ends, or when a timer fires: nothing is left open, and nobody counts on it any more. */
class OutOfMemoryTest extends RealSockets {
    private static final int LONG = 40 << 20;

    private final Script script = new Script();

    /** The call is made, and then there is no memory: whoever made it must not make it again. */
    private static Fault thenOutOfMemory() {
        return Fault.followed(() -> {
            throw new OutOfMemoryError("scripted");
        });
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whenASessionEnds(RelayMode relay) throws InterruptedException {
        for (int k = 1; k <= 2; k++) {
            ends(relay, Call.CLOSE, k, thenOutOfMemory(), true);
            ends(relay, Call.CLOSE, k, thenOutOfMemory(), false);
        }
        ends(relay, Call.SET_LINGER, 1, Fault.outOfMemory(), false);
    }

    private void ends(RelayMode relay, Call call, int k, Fault fault, boolean inOrder) throws InterruptedException {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair bystander = rig.open();
            ProxyRig.Pair pair = rig.open();
            Traffic.run(net, pair.client().sending(1000), pair.server().receiving(1000));
            rig.awaitQuiet();
            // What the pool trims meanwhile is not the session's.
            long faults = script.faults();
            script.once(call, k, fault);
            if (inOrder) {
                pair.client().finish();
                pair.server().finish();
            } else {
                pair.client().reset();
            }
            Traffic.run(net, pair.server().receivingAll());
            assertEquals(
                    inOrder ? EndCause.CLIENT_CLOSED : EndCause.CLIENT_RESET,
                    rig.awaitEnd().cause(),
                    () -> call + " " + k);
            assertEquals(faults + 1, script.faults());
            script.clear();
            pair.both().forEach(Conn::close);
            assertEquals(1, rig.snapshot().get(Counter.ACTIVE));
            Traffic.run(
                    net,
                    bystander.client().sendingAll(100_000),
                    bystander.server().receivingAll(),
                    bystander.server().sendingAll(100_000),
                    bystander.client().receivingAll());
            ProxyRig.assertWhole(bystander, 100_000, 100_000);
            bystander.both().forEach(Conn::close);
            assertTrue(rig.proxy.drain(Duration.ofSeconds(5)), "somebody still counts");
        }
        assertEquals(Map.of(), before.leftOpen(), "left open");
    }

    /** With the mark of SO_RCVLOWAT still set, its last bytes would never be seen: such a session is cut. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whenAStreamStopsGathering(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).coalesce(Duration.ofMillis(20)).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            script.rule((call, count, fd) ->
                    call == Call.SETSOCKOPT && rig.snapshot().get(Counter.COALESCED) > 0 ? Fault.outOfMemory() : null);
            Traffic.run(net, pair.client().sending(LONG), pair.server().receiving(LONG));
            assertEquals(EndCause.INTERNAL_ERROR, rig.awaitEnd().cause());
            script.clear();
            Traffic.run(net, pair.client().receivingAll(), pair.server().receivingAll());
            assertEquals(Errno.ECONNRESET, pair.client().broke);
            rig.exchange(1000, 1000);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whileTheLastBytesBeforeAResetAreSent(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            for (int k = 1; k <= 3; k++) {
                ProxyRig.Pair pair = rig.open();
                pair.server().receiveBuffer(16 << 10);
                Traffic.run(net, pair.client().sending(80_000));
                ProxyRig.await("all bytes with the proxy", () -> pair.client().unsent() == 0);
                rig.awaitQuiet();
                script.once(Call.BYTES_UNSENT, k, Fault.outOfMemory());
                pair.client().reset();
                assertEquals(EndCause.INTERNAL_ERROR, rig.awaitEnd().cause());
                script.clear();
                Traffic.run(net, pair.server().receivingAll());
                rig.exchange(1000, 1000);
            }
        }
    }
}
