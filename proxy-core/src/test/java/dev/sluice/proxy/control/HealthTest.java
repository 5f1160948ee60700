package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthConfig.Start;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.HealthPolicy.OnDown;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.HealthSnapshot;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.TalkingServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What checks, people and agents say of endpoints, and what the sessions make of it. */
class HealthTest extends RealSockets {
    private static final HealthConfig QUICK = HealthConfig.of(new HealthCheck.Tcp())
            .withInterval(Duration.ofMillis(20))
            .withTimeout(Duration.ofMillis(500))
            .withFall(2);

    private Address one = Net.LOOPBACK;
    private Address other = Net.LOOPBACK;
    private int oneListens;
    private int otherListens;
    private Layout layout = Layout.of(1);

    @BeforeEach
    void open() {
        one = Net.unused();
        other = Net.unused();
        oneListens = net.listen(one, 64);
        otherListens = net.listen(other, 64);
        layout = Layout.of(2)
                .upstream("db", one, other)
                .health("db", HealthPolicy.of(QUICK))
                .listener("l", Net.LOOPBACK, "db");
    }

    private ProxyRig start() {
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net);
    }

    private static void checkedAgain(ProxyRig rig, Address address, int times) {
        long before = rig.endpoint(address).health().checks();
        ProxyRig.await("checks", () -> rig.endpoint(address).health().checks() >= before + times);
    }

    @Test
    void whatDoesNotListenIsDownAndWhatListensAgainIsUp() {
        try (ProxyRig rig = start()) {
            assertEquals("up", rig.endpoint(one).state());
            checkedAgain(rig, one, 3);
            assertEquals("up", rig.endpoint(one).state());
            net.close(oneListens);
            rig.awaitState(one, "down");
            HealthSnapshot down = rig.endpoint(one).health();
            String refused = "cannot be connected to: connection refused (ECONNREFUSED)";
            assertEquals(refused, down.reason());
            assertEquals(refused, down.check());
            assertFalse(down.passed());
            assertTrue(down.checkMicros() > 0 && down.failedChecks() >= 2, down::toString);
            for (int i = 0; i < 4; i++) {
                rig.finish(rig.open("l", otherListens), 100, 100);
            }
            assertEquals(0, rig.endpoint(one).failures(), "a check is no attempt to connect");
            oneListens = net.listen(one, 64);
            rig.awaitState(one, "up");
            assertEquals("accepts connections", rig.endpoint(one).health().reason());
            rig.awaitChanges(2);
            assertEquals(
                    List.of(
                            new EndpointChange("db", one, "up", "down", refused, 0),
                            new EndpointChange("db", one, "down", "up", "accepts connections", 0)),
                    List.copyOf(rig.changes));
            assertEquals("up", rig.endpoint(other).state());
        }
    }

    @Test
    void whatStartsDownGetsNothingBeforeItWasChecked() {
        net.close(oneListens);
        layout.health("db", HealthPolicy.of(QUICK.withStart(Start.DOWN).withRise(3)));
        try (ProxyRig rig = start()) {
            rig.awaitState(other, "up");
            assertTrue(rig.endpoint(other).health().checks() >= 3);
            assertEquals("down", rig.endpoint(one).state());
            checkedAgain(rig, one, 2);
            assertEquals("down", rig.endpoint(one).state());
            oneListens = net.listen(one, 64);
            rig.awaitState(one, "up");
        }
    }

    @Test
    void healthStaysWhenAnotherConfigurationIsApplied() {
        net.close(oneListens);
        try (ProxyRig rig = start()) {
            rig.awaitState(one, "down");
            long checks = rig.endpoint(one).health().checks();
            rig.apply(layout.listener("m", Net.LOOPBACK, "db"));
            assertEquals("down", rig.endpoint(one).state());
            assertTrue(rig.endpoint(one).health().checks() >= checks);
            // Also when it is asked something else from now on.
            rig.apply(layout.health("db", HealthPolicy.of(QUICK.withFall(4).withStart(Start.UP))));
            assertEquals("down", rig.endpoint(one).state());
            checkedAgain(rig, one, 2);
            assertEquals("down", rig.endpoint(one).state());
            rig.apply(layout.health("db", HealthPolicy.NONE));
            assertEquals("up", rig.endpoint(one).state());
            assertEquals("not checked", rig.endpoint(one).health().reason());
        }
    }

    @Test
    void whoIsRemovedIsNotAskedAnyMore() {
        try (TalkingServer server = new TalkingServer(TalkingServer::silence)) {
            HealthCheck agent = new HealthCheck.Agent(server.address().port());
            layout.upstream("db", server.address())
                    .health(
                            "db",
                            HealthPolicy.of(HealthConfig.of(agent)
                                    .withInterval(Duration.ofMillis(20))
                                    .withTimeout(Duration.ofMillis(20))));
            try (ProxyRig rig = start()) {
                ProxyRig.await("checks", () -> server.accepted() > 3);
                rig.apply(layout.upstream("db", other));
                long asked = server.accepted();
                ProxyRig.pause(200);
                assertTrue(server.accepted() <= asked + 1, "one may have been under way");
            }
        }
    }

    @Test
    void whatIsSetByHandCountsMore() {
        try (ProxyRig rig = start()) {
            rig.proxy.endpoint("db", one, AdminState.DOWN);
            assertEquals("down", rig.endpoint(one).state());
            assertEquals("set by hand", rig.endpoint(one).health().reason());
            assertEquals("down", rig.endpoint(one).health().byHand());
            for (int i = 0; i < 3; i++) {
                rig.finish(rig.open("l", otherListens), 100, 100);
            }
            rig.apply(layout.listener("m", Net.LOOPBACK, "db"));
            checkedAgain(rig, one, 3);
            assertEquals("down", rig.endpoint(one).state());
            rig.proxy.endpoint("db", one, AdminState.DRAIN);
            assertEquals("drain", rig.endpoint(one).state());
            net.close(oneListens);
            checkedAgain(rig, one, 3);
            rig.proxy.endpoint("db", one, AdminState.NONE);
            assertEquals("down", rig.endpoint(one).state());
            rig.proxy.endpoint("db", one, AdminState.UP);
            assertEquals("up", rig.endpoint(one).state());
            NoSuchElementException none = assertThrows(
                    NoSuchElementException.class, () -> rig.proxy.endpoint("db", Net.LOOPBACK, AdminState.DOWN));
            assertTrue(String.valueOf(none.getMessage()).contains(one.toString()), none::toString);
            assertThrows(NoSuchElementException.class, () -> rig.proxy.endpoint("no", one, AdminState.DOWN));
        }
    }

    @Test
    void whatIsClosedTakesNoOrders() {
        try (ProxyRig rig = start()) {
            rig.proxy.close();
            assertThrows(IllegalStateException.class, () -> rig.proxy.endpoint("db", one, AdminState.DOWN));
        }
    }

    private List<ProxyRig.Pair> sessions(ProxyRig rig, int count) {
        List<ProxyRig.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pairs.add(rig.open("l", i % 2 == 0 ? oneListens : otherListens));
        }
        return pairs;
    }

    private void assertEndsWithOne(ProxyRig rig, List<ProxyRig.Pair> pairs) {
        for (int i = 0; i < pairs.size() / 2; i++) {
            assertEquals(EndCause.DOWN, rig.awaitEnd().cause());
        }
        for (int i = 0; i < pairs.size(); i += 2) {
            for (Conn end : pairs.get(i).both()) {
                assertTrue(net.await(end.fd, dev.sluice.linux.Epoll.IN, Net.PATIENCE_MILLIS));
                end.readRest();
                assertTrue(end.broke != 0, end::toString);
                end.close();
            }
            rig.finish(pairs.get(i + 1), 1000, 1000);
        }
        assertEquals(0, rig.endpoint(one).sessions());
    }

    @Test
    void sessionsOfOneThatGoesDownStayOrEndAsItsPolicySays() {
        layout.health("db", HealthPolicy.of(QUICK).withOnDown(OnDown.CLOSE));
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = sessions(rig, 8);
            net.close(oneListens);
            assertEndsWithOne(rig, pairs);
        }
    }

    @Test
    void manySessionsEndInSeveralTurns() {
        layout.threads(1);
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = sessions(rig, 600);
            rig.proxy.endpoint("db", one, AdminState.DOWN, true);
            assertEquals(0, rig.endpoint(one).sessions(), "none when this is answered");
            assertEquals(300, rig.endpoint(other).sessions());
            pairs.forEach(pair -> pair.both().forEach(Conn::close));
            for (int i = 0; i < 600; i++) {
                rig.awaitEnd();
            }
        }
    }

    @Test
    void sessionsOfOneThatIsSetDownStay() {
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = sessions(rig, 4);
            rig.proxy.endpoint("db", one, AdminState.DOWN);
            rig.proxy.endpoint("db", other, AdminState.DRAIN);
            for (ProxyRig.Pair pair : pairs) {
                rig.finish(pair, 1000, 1000);
            }
        }
    }

    @Test
    void sessionsOfOneThatIsSetDownEndIfThatIsAskedFor() {
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = sessions(rig, 4);
            rig.proxy.endpoint("db", one, AdminState.DOWN);
            rig.proxy.endpoint("db", one, AdminState.DOWN, true);
            assertEndsWithOne(rig, pairs);
        }
    }

    /** Long before its time is up, whether sessions that have begun stay or not. */
    @ParameterizedTest
    @EnumSource
    void whoIsOnTheWayToOneThatGoesDownGoesElsewhere(OnDown policy) {
        Address deaf = net.deaf();
        layout.upstream("db", deaf, other).health("db", HealthPolicy.NONE.withOnDown(policy));
        try (ProxyRig rig = start()) {
            Conn client = rig.client(rig.address("l"));
            ProxyRig.await("an attempt", () -> rig.endpoint(deaf).sessions() == 1);
            long before = System.nanoTime();
            rig.proxy.endpoint("db", deaf, AdminState.DOWN);
            int server = net.accept(otherListens);
            assertTrue(System.nanoTime() - before < 2_500_000_000L, "half the time of an attempt");
            assertEquals(0, rig.endpoint(deaf).sessions());
            client.close();
            net.close(server);
            rig.awaitEnd();
        }
    }

    @Test
    void moreThanMayBeHealthyAreNotUsed() {
        net.close(otherListens);
        layout.health("db", HealthPolicy.of(QUICK).withAtMost(1));
        try (ProxyRig rig = start()) {
            assertEquals("down", rig.endpoint(one).state(), "until it was checked");
            rig.awaitState(one, "up");
            otherListens = net.listen(other, 64);
            rig.awaitState(one, "down");
            String reason = "2 members are healthy, and at most 1 may be: none is used (" + one + ", " + other + ")";
            assertEquals(reason, rig.endpoint(one).health().reason());
            assertEquals("down", rig.endpoint(other).state());
            rig.proxy.endpoint("db", other, AdminState.DOWN);
            rig.awaitState(one, "up");
            rig.proxy.endpoint("db", other, AdminState.NONE);
            rig.awaitState(one, "down");
            net.close(oneListens);
            rig.awaitState(other, "up");
        }
    }

    @Test
    void anAgentSaysWhatBecomesOfItsEndpoint() {
        AtomicReference<String> line = new AtomicReference<>("up 40%");
        try (TalkingServer agent = new TalkingServer(socket -> TalkingServer.say(socket, line.get() + "\n"))) {
            Address served = agent.address();
            layout.upstream("db", served)
                    .health(
                            "db",
                            HealthPolicy.of(HealthConfig.of(new HealthCheck.Agent(served.port()))
                                    .withInterval(Duration.ofMillis(20))
                                    .withStart(Start.DOWN)));
            try (ProxyRig rig = start()) {
                rig.awaitState(served, "up");
                line.set("drain # backup");
                rig.awaitState(served, "drain");
                assertEquals(
                        "agent: \"drain # backup\"",
                        rig.endpoint(served).health().reason());
                line.set("up");
                checkedAgain(rig, served, 2);
                assertEquals("drain", rig.endpoint(served).state(), "it stays until it is ready");
                line.set("ready 0%");
                checkedAgain(rig, served, 2);
                assertEquals("drain", rig.endpoint(served).state(), "no weight is a drain");
                line.set("ready 100%");
                rig.awaitState(served, "up");
                line.set("maint");
                rig.awaitState(served, "down");
                line.set("ready down");
                checkedAgain(rig, served, 2);
                assertEquals("down", rig.endpoint(served).state());
                line.set("50%");
                checkedAgain(rig, served, 5);
                assertEquals("down", rig.endpoint(served).state(), "it stays until it is up");
                assertEquals(
                        "agent: \"ready down\"", rig.endpoint(served).health().reason());
                line.set("up");
                rig.awaitState(served, "up");
            }
        }
    }

    /** Others may not be let in by a firewall, or by the server. */
    @Test
    void checksComeFromWhereSessionsDo() {
        int listener = net.listen(Net.LOOPBACK, 8);
        HealthConfig check = HealthConfig.of(new HealthCheck.Redis()).withInterval(Duration.ofMillis(50));
        Layout from = Layout.of(1)
                .upstream("db", net.nameOf(listener))
                .change(
                        "db",
                        upstream -> upstream.withSources(List.of("127.0.0.5")).withHealth(HealthPolicy.of(check)))
                .listener("l", Net.LOOPBACK, "db");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(from).start(net)) {
            for (int i = 0; i < 2; i++) {
                Address peer = net.peerOf(net.accept(listener));
                assertTrue(peer.toString().startsWith("127.0.0.5:"), peer::toString);
            }
            assertEquals(List.of(), List.copyOf(rig.warnings));
        }
    }
}
