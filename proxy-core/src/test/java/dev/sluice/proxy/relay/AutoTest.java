package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Traffic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When {@code auto} copies and when it splices. */
class AutoTest extends RealSockets {
    private static final int MANY = 100;
    private static final int STREAM = 20 << 20;

    /** A message there, and one back when it has arrived: no read brings more than one. */
    private void talk(ProxyRig.Pair pair, int bytes, int times) {
        for (int i = 0; i < times; i++) {
            pass(pair.client(), pair.server(), bytes);
            pass(pair.server(), pair.client(), bytes);
        }
    }

    private void pass(Conn from, Conn to, long bytes) {
        Traffic.run(net, from.sending(from.sent + bytes), to.receiving(to.received + bytes));
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 4 << 10, 8 << 10, 16 << 10, 32 << 10})
    void smallMessagesAreCopied(int bytes) {
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.AUTO)) {
            ProxyRig.Pair pair = rig.open();
            long atStart = rig.script.count(Call.SPLICE_IN);
            talk(pair, bytes, MANY);
            assertEquals(0, rig.snapshot().get(Counter.PROMOTIONS));
            assertEquals(atStart, rig.script.count(Call.SPLICE_IN));
            assertEquals(0, rig.snapshot().get(Counter.BYTES_SPLICED));
        }
    }

    @Test
    void aStreamIsSplicedAndSmallMessagesAfterItAreCopiedAgain() {
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.AUTO)) {
            ProxyRig.Pair pair = rig.open();
            pass(pair.client(), pair.server(), STREAM);
            assertTrue(
                    rig.snapshot().get(Counter.PROMOTIONS) > 0,
                    () -> rig.snapshot().toString());
            assertTrue(
                    rig.snapshot().get(Counter.BYTES_SPLICED) > STREAM / 2,
                    () -> rig.snapshot().toString());
            talk(pair, 100, MANY);
            long promoted = rig.snapshot().get(Counter.PROMOTIONS);
            assertEquals(promoted, rig.snapshot().get(Counter.DEMOTIONS));
            long spliced = rig.snapshot().get(Counter.BYTES_SPLICED);
            talk(pair, 100, MANY);
            assertEquals(spliced, rig.snapshot().get(Counter.BYTES_SPLICED), "still spliced");
            assertEquals(promoted, rig.snapshot().get(Counter.PROMOTIONS));
        }
    }
}
