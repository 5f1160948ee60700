package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.Refusal;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is turned away at once, and who is not. */
class TurnedAwayTest extends RealSockets {
    private final Address nobody = Net.unused();

    /** With an upstream that is down from the start. */
    private ProxyRig start(WhenDown whenDown) {
        HealthConfig check = HealthConfig.of(new HealthCheck.Tcp()).withStart(HealthConfig.Start.DOWN);
        UpstreamConfig upstream = UpstreamConfig.of("db", List.of(EndpointAddress.parse(nobody.toString())))
                .withWhenDown(whenDown)
                .withHealth(HealthPolicy.of(check));
        Layout layout = Layout.of(2).upstream(upstream).listener("in", Net.LOOPBACK, "db");
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net);
    }

    private SessionEnd turnedAway(ProxyRig rig) {
        Conn client = rig.client(Stream.fresh(), Stream.fresh());
        Traffic.run(net, client.receivingAll());
        assertEquals(Errno.ECONNRESET, client.broke);
        return rig.awaitEnd();
    }

    private static long refused(ProxyRig rig, Refusal why) {
        return rig.proxy.listenerStats().getFirst().refused(why);
    }

    @Test
    void whereNobodyIsHeld() {
        try (ProxyRig rig = start(WhenDown.REFUSE)) {
            for (int i = 1; i <= 20; i++) {
                SessionEnd end = turnedAway(rig);
                assertEquals(EndCause.REFUSED, end.cause());
                assertEquals(Refusal.DOWN, end.refusal());
                assertEquals(0, end.session().tries());
                assertNull(end.session().endpoint());
                assertEquals("db", end.session().upstream());
                assertEquals(i, refused(rig, Refusal.DOWN));
            }
            assertEquals(0, refused(rig, Refusal.HOLD));
        }
    }

    @Test
    void whereAsManyAreHeldAsMayBe() {
        try (ProxyRig rig = start(new WhenDown(Duration.ofMillis(1500), 2))) {
            rig.client(Stream.fresh(), Stream.fresh());
            rig.client(Stream.fresh(), Stream.fresh());
            ProxyRig.await(
                    "them to be held", () -> rig.proxy.upstreams().getFirst().held() == 2);
            SessionEnd end = turnedAway(rig);
            assertEquals(EndCause.LIMIT, end.cause());
            assertEquals(Refusal.HOLD, end.refusal());
            assertEquals(1, refused(rig, Refusal.HOLD));
            for (int i = 0; i < 2; i++) {
                SessionEnd held = rig.awaitEnd();
                assertEquals(EndCause.DOWN, held.cause(), "it has waited");
                assertNull(held.refusal());
                assertTrue(held.session().waitMicros() >= 1_400_000, held::toString);
                assertEquals(-1, held.session().connectMicros());
                assertEquals(0, held.session().tries());
            }
            assertEquals(0, refused(rig, Refusal.DOWN));
        }
    }

    @Test
    void whoWasTriedWasNotRefused() {
        Layout layout = Layout.of(1).upstream("db", net.refusing()).listener("in", Net.LOOPBACK, "db");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net)) {
            SessionEnd end = turnedAway(rig);
            assertEquals(EndCause.CONNECT_FAILED, end.cause());
            assertNull(end.refusal());
            assertTrue(end.session().waitMicros() > 0, "it has rested between attempts");
            for (Refusal why : Refusal.values()) {
                assertEquals(0, refused(rig, why));
            }
        }
    }
}
