package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.OutlierConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Endpoints that are judged by what became of the sessions that they had. */
class OutlierTest extends RealSockets {
    private static final OutlierConfig OUTLIERS =
            new OutlierConfig(3, Duration.ofSeconds(30), Duration.ofMillis(600), 50);

    private Address bad = Net.LOOPBACK;
    private Address good = Net.LOOPBACK;
    private int goodListens;
    private Layout layout = Layout.of(1);

    @BeforeEach
    void open() {
        bad = Net.unused();
        good = Net.unused();
        goodListens = net.listen(good, 64);
        layout = Layout.of(2)
                .upstream("db", bad, good)
                .health("db", HealthPolicy.NONE.withOutliers(OUTLIERS))
                .listener("l", Net.LOOPBACK, "db");
    }

    private ProxyRig start() {
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net);
    }

    @Test
    void whoCannotBeConnectedToIsEjectedForAWhile() {
        try (ProxyRig rig = start()) {
            for (int i = 0; i < 6; i++) {
                rig.finish(rig.open("l", goodListens), 100, 100);
            }
            rig.awaitState(bad, "down");
            assertEquals(
                    "ejected for 600 ms: 3 failures within 30 s",
                    rig.endpoint(bad).health().reason());
            assertEquals(1, rig.endpoint(bad).health().ejections());
            rig.awaitState(bad, "up");
            rig.awaitChanges(2);
            assertEquals(2, rig.changes.size());
        }
    }

    @Test
    void whoResetsBeforeItSaysAnythingIsEjectedAndWhoResetsLaterIsNot() {
        int badListens = net.listen(bad, 64);
        try (ProxyRig rig = start()) {
            for (int i = 0; i < 3; i++) {
                Conn client = rig.client(rig.address("l"));
                int server = net.accept(badListens);
                int sessions = i + 1;
                ProxyRig.await("a session", () -> rig.endpoint(bad).connected() == sessions);
                net.reset(server);
                assertEquals(EndCause.UPSTREAM_RESET, rig.awaitEnd().cause());
                client.close();
                ProxyRig.Pair pair = rig.open("l", goodListens);
                pair.server().write(1);
                assertTrue(net.await(pair.client().fd, Epoll.IN, Net.PATIENCE_MILLIS));
                pair.server().reset();
                assertEquals(EndCause.UPSTREAM_RESET, rig.awaitEnd().cause());
                pair.client().close();
            }
            assertEquals(3, rig.endpoint(bad).earlyResets());
            assertEquals(0, rig.endpoint(good).earlyResets());
            rig.awaitState(bad, "down");
            assertEquals("up", rig.endpoint(good).state());
        }
    }

    @Test
    void theLastOneStays() {
        layout.upstream("db", bad)
                .health("db", HealthPolicy.NONE.withOutliers(OUTLIERS))
                .change("db", upstream -> upstream.withRetries(0));
        try (ProxyRig rig = start()) {
            for (int i = 0; i < 5; i++) {
                Conn client = rig.client(rig.address("l"));
                rig.awaitEnd();
                client.close();
            }
            assertEquals(5, rig.endpoint(bad).failures());
            ProxyRig.pause(600);
            assertEquals("up", rig.endpoint(bad).state());
        }
    }

    @Test
    void neverMoreThanSoManyAreEjected() {
        Address worse = Net.unused();
        Address worst = Net.unused();
        layout.upstream("db", bad, worse, worst, good)
                .health(
                        "db",
                        HealthPolicy.NONE.withOutliers(
                                new OutlierConfig(3, Duration.ofSeconds(30), Duration.ofSeconds(60), 50)))
                .change("db", upstream -> upstream.withRetries(3));
        try (ProxyRig rig = start()) {
            for (int i = 0; i < 16; i++) {
                rig.finish(rig.open("l", goodListens), 100, 100);
            }
            rig.awaitChanges(2);
            ProxyRig.pause(600);
            assertEquals(2, rig.changes.size());
            assertEquals("up", rig.endpoint(good).state());
        }
    }
}
