package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sessions that end by hand, so that their clients connect anew. */
class RebalanceTest extends RealSockets {
    private static final int SESSIONS = 300;

    @Test
    void aFractionOfOneUpstream() throws ApplyException {
        int some = net.listen(Net.LOOPBACK, 64);
        int others = net.listen(Net.LOOPBACK, 64);
        Layout layout = Layout.of(2)
                .upstream("some", net.nameOf(some))
                .upstream("others", net.nameOf(others))
                .listener("in", Net.LOOPBACK, "some")
                .listener("beside", Net.LOOPBACK, "others");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net)) {
            List<ProxyRig.Pair> pairs = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                pairs.add(rig.open("in", some));
            }
            ProxyRig.Pair beside = rig.open("beside", others);
            assertEquals(0, rig.proxy.rebalance("some", 0));
            int ended = rig.proxy.rebalance("some", 0.2);
            assertTrue(ended > 20 && ended < 110, ended + " of " + SESSIONS); // 60 ± 7 σ
            for (int i = 0; i < ended; i++) {
                assertEquals(EndCause.ADMIN, rig.awaitEnd().cause());
            }
            assertEquals(SESSIONS - ended, rig.proxy.rebalance("some", 1));
            for (int i = ended; i < SESSIONS; i++) {
                assertEquals(EndCause.ADMIN, rig.awaitEnd().cause());
            }
            rig.finish(beside, 1000, 1000);
            rig.awaitEnd();
            pairs.forEach(pair -> pair.both().forEach(Conn::close));
            assertThrows(ApplyException.class, () -> rig.proxy.rebalance("none", 1));
            assertThrows(IllegalArgumentException.class, () -> rig.proxy.rebalance("some", 1.5));
        }
    }
}
