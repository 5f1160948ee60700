package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The last bytes before a reset: the kernel is asked whether it has sent them, and not too often. */
class FlushTest extends RealSockets {
    private static final int BYTES = 80_000;

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void askingBacksOffWhileNothingChanges(RelayMode relay) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            pair.server().receiveBuffer(16 << 10);
            Traffic.run(net, pair.client().sending(BYTES));
            ProxyRig.await("all bytes with the proxy", () -> pair.client().unsent() == 0);
            rig.awaitQuiet();
            pair.client().reset();
            ProxyRig.await("the question", () -> script.count(Call.BYTES_UNSENT) > 0);
            ProxyRig.pause(1500);
            long asked = script.count(Call.BYTES_UNSENT);
            assertTrue(asked <= 12, () -> "asked " + asked + " times in 1.5 s");
            assertEquals(1, rig.snapshot().get(Counter.ACTIVE), "cut before all was delivered");
            Traffic.run(net, pair.server().receivingAll());
            assertEquals(BYTES, pair.server().received);
            assertEquals(Errno.ECONNRESET, pair.server().broke);
            assertEquals(EndCause.CLIENT_RESET, rig.awaitEnd().cause());
        }
    }
}
