package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionQuery;
import dev.sluice.proxy.stats.SessionSnapshot;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Stream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Clients of a running proxy who come while their server is away. */
class HeldClientsTest extends RealSockets {
    private static final int CLIENTS = 60;

    private final Address server = Net.unused();

    private ProxyRig start(WhenDown whenDown) {
        UpstreamConfig upstream = UpstreamConfig.of("db", List.of(EndpointAddress.parse(server.toString())))
                .withWhenDown(whenDown);
        Layout layout = Layout.of(2).upstream(upstream).listener("in", Net.LOOPBACK, "db");
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net);
    }

    private static List<Conn> clients(ProxyRig rig, int count) {
        List<Conn> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(rig.client(Stream.fresh(), Stream.fresh()));
        }
        return clients;
    }

    private static UpstreamSnapshot now(ProxyRig rig) {
        return rig.proxy.upstreams().getFirst();
    }

    private static List<LiveSession.State> states(ProxyRig rig) {
        SessionQuery all = new SessionQuery(null, null, null, null, SessionQuery.Order.ID, SessionQuery.MAX_LIMIT);
        try {
            return rig.proxy.sessions(all, Duration.ofMillis(Net.PATIENCE_MILLIS)).stream()
                    .map(LiveSession::state)
                    .toList();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    /** Each is served once, and its end is in order. */
    private void serve(ProxyRig rig, List<Conn> clients, int listener) {
        for (int i = 0; i < clients.size(); i++) {
            net.close(net.accept(listener)); // which ends the session
        }
        clients.forEach(Conn::close);
        for (int i = 0; i < clients.size(); i++) {
            SessionEnd end = rig.awaitEnd();
            assertEquals(server, end.session().endpoint());
            SessionSnapshot session = end.session();
            // Its server has taken and closed it, and the client too, before the loop may have seen that it is
            // connected.
            long connecting = session.connectMicros() < 0 ? session.durationMicros() : session.connectMicros();
            assertTrue(session.waitMicros() >= 0 && session.waitMicros() <= connecting, end::toString);
            assertTrue(session.tries() >= 1, end::toString);
        }
        assertEquals(0, rig.ends.size());
        assertEquals(0, now(rig).held());
    }

    /** Over and over, so that a client may come at any moment of it. */
    @Test
    void aServerThatIsKilledAndStarted() {
        try (ProxyRig rig = start(WhenDown.hold(Duration.ofSeconds(14)))) {
            for (int cycle = 0; cycle < 20; cycle++) {
                List<Conn> clients = clients(rig, 5);
                int listener = net.listen(server, 200);
                clients.addAll(clients(rig, 5));
                serve(rig, clients, listener);
                net.close(listener);
            }
        }
    }

    /** A check finds out that it is up before anybody who is held would have asked again. */
    @Test
    void aServerThatIsChecked() {
        HealthConfig check = HealthConfig.of(new HealthCheck.Tcp())
                .withInterval(Duration.ofMillis(20))
                .withStart(HealthConfig.Start.DOWN);
        UpstreamConfig upstream = UpstreamConfig.of("db", List.of(EndpointAddress.parse(server.toString())))
                .withWhenDown(WhenDown.hold(Duration.ofSeconds(14)))
                .withHealth(HealthPolicy.of(check));
        Layout layout = Layout.of(2).upstream(upstream).listener("in", Net.LOOPBACK, "db");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net)) {
            for (int cycle = 0; cycle < 10; cycle++) {
                ProxyRig.await(
                        "it to be down",
                        () -> rig.proxy.endpoints().getFirst().state().equals("down"));
                List<Conn> clients = clients(rig, 5);
                int listener = net.listen(server, 200);
                serve(rig, clients, listener);
                net.close(listener);
            }
            assertEquals(0, rig.snapshot().get(Counter.CONNECT_FAILURES), "nobody has knocked in vain");
        }
    }

    @Test
    void aPausedUpstream() throws ApplyException {
        try (ProxyRig rig = start(WhenDown.REFUSE)) {
            int listener = net.listen(server, 200);
            rig.proxy.pause("db");
            List<Conn> clients = clients(rig, CLIENTS);
            ProxyRig.await("all to be held", () -> now(rig).held() == CLIENTS);
            assertEquals(new UpstreamSnapshot("db", true, CLIENTS, true, Duration.ZERO), now(rig));
            assertEquals(Collections.nCopies(CLIENTS, LiveSession.State.HELD), states(rig));
            net.close(listener); // a restart
            listener = net.listen(server, 200);
            assertEquals(-Errno.EAGAIN, net.tryAccept(listener), "nobody has come meanwhile");
            rig.proxy.resume("db");
            serve(rig, clients, listener);
            assertEquals(new UpstreamSnapshot("db", false, 0, true, Duration.ZERO), now(rig));
        }
    }

    /** Nothing is held for those who have left; who has sent a request and its end has not. */
    @Test
    void whoLeavesMeanwhile() throws ApplyException {
        try (ProxyRig rig = start(WhenDown.REFUSE)) {
            rig.proxy.pause("db");
            List<Conn> clients = clients(rig, 3);
            ProxyRig.await("all to be held", () -> now(rig).held() == 3);
            clients.get(0).close();
            clients.get(1).reset();
            for (int i = 0; i < 2; i++) {
                SessionEnd end = rig.awaitEnd();
                assertTrue(
                        end.cause() == EndCause.CLIENT_CLOSED || end.cause() == EndCause.CLIENT_RESET, end::toString);
            }
            assertEquals(1, now(rig).held());
            int listener = net.listen(server, 8);
            rig.proxy.resume("db");
            serve(rig, clients.subList(2, 3), listener);
        }
    }

    @Test
    void anUpstreamThatDoesNotExist() {
        try (ProxyRig rig = start(WhenDown.REFUSE)) {
            ApplyException refused = assertThrows(ApplyException.class, () -> rig.proxy.pause("dbb"));
            assertEquals("there is no upstream 'dbb', but db", refused.getMessage());
        }
    }

    /** Whatever the upstream does when it is down: there is room as soon as a session ends. */
    @Test
    void whoComesWhileAllAreFull() {
        UpstreamConfig upstream = UpstreamConfig.of("db", List.of(EndpointAddress.parse(server.toString())));
        upstream =
                upstream.withEndpoints(List.of(upstream.endpoints().getFirst().withMaxSessions(3)));
        Layout layout = Layout.of(2).upstream(upstream).listener("in", Net.LOOPBACK, "db");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net)) {
            int listener = net.listen(server, 200);
            List<Conn> clients = clients(rig, CLIENTS);
            List<Integer> serving = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                serving.add(net.accept(listener));
            }
            ProxyRig.await("all others to be held", () -> now(rig).held() == CLIENTS - 3);
            assertEquals(CLIENTS - 3, Collections.frequency(states(rig), LiveSession.State.HELD));
            long before = System.nanoTime();
            for (int i = 3; i < CLIENTS; i++) {
                assertEquals(-Errno.EAGAIN, net.tryAccept(listener), "never more than three");
                net.reset(serving.removeFirst()); // which ends the session at once
                serving.add(net.accept(listener));
            }
            long each = (System.nanoTime() - before) / (CLIENTS - 3);
            assertTrue(each < 500_000_000, () -> each + " ns: they are not told that there is room");
            serving.forEach(net::reset);
            for (int i = 0; i < CLIENTS; i++) {
                rig.awaitEnd();
            }
            clients.forEach(Conn::close);
            assertEquals(0, now(rig).held());
        }
    }

    /** Its listener has another upstream: they are for that, whether the one before is still there or not. */
    @Test
    void whoIsHeldGoesWhereTheListenerGoes() {
        for (boolean removed : new boolean[] {false, true}) {
            try (ProxyRig rig = start(WhenDown.hold(Duration.ofMinutes(1)))) {
                List<Conn> clients = clients(rig, CLIENTS);
                ProxyRig.await("all to be held", () -> now(rig).held() == CLIENTS);
                int elsewhere = net.listen(Net.LOOPBACK, 200);
                Layout next = Layout.of(2).upstream("new", net.nameOf(elsewhere));
                if (!removed) {
                    next.upstream("db", server);
                }
                rig.apply(next.listener("in", Net.LOOPBACK, "new"));
                for (int i = 0; i < CLIENTS; i++) {
                    net.close(net.accept(elsewhere));
                }
                clients.forEach(Conn::close);
                for (int i = 0; i < CLIENTS; i++) {
                    assertEquals(net.nameOf(elsewhere), rig.awaitEnd().session().endpoint());
                }
                ProxyRig.await("nobody to be held", () -> now(rig).held() == 0);
            }
        }
    }

    /** With a listener that goes elsewhere under another name, those that are held are that one's. */
    @Test
    void whoIsHeldIsCountedByTheListenersNewName() {
        EndpointAddress bind = EndpointAddress.parse(Net.unused().toString());
        Layout before = Layout.of(2)
                .upstream(UpstreamConfig.of("db", List.of(EndpointAddress.parse(server.toString())))
                        .withWhenDown(WhenDown.hold(Duration.ofMinutes(1))))
                .listener(ListenerConfig.of("in", bind, "db"));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(before).start(net)) {
            List<Conn> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(rig.client(rig.address("in")));
            }
            ProxyRig.await("all to be held", () -> now(rig).held() == 10);
            assertEquals(10, live(rig, "in"));
            int elsewhere = net.listen(Net.LOOPBACK, 200);
            rig.apply(Layout.of(2)
                    .upstream("new", net.nameOf(elsewhere))
                    .listener(ListenerConfig.of("renamed", bind, "new")));
            List<Integer> servers = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                servers.add(net.accept(elsewhere));
            }
            ProxyRig.await("all to have followed", () -> live(rig, "renamed") == 10);
            assertEquals(0, live(rig, "in"));
            servers.forEach(net::close);
            clients.forEach(Conn::close);
            for (int i = 0; i < 10; i++) {
                assertEquals("renamed", rig.awaitEnd().session().listener());
            }
            assertEquals(0, live(rig, "in"));
            assertEquals(0, live(rig, "renamed"));
        }
    }

    private static long live(ProxyRig rig, String listener) {
        return rig.proxy.listenerStats().stream()
                .filter(stats -> stats.name().equals(listener))
                .mapToLong(ListenerStats::live)
                .sum();
    }

    /** One that has left is not held where its listener goes. */
    @Test
    void whoHasLeftIsNotHeldElsewhere() throws ApplyException {
        Address deaf = net.deaf();
        Layout layout = Layout.of(1).upstream("db", deaf);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout.listener("in", Net.LOOPBACK, "db"))
                .start(net)) {
            rig.client(rig.address("in")).close();
            ProxyRig.await("an attempt", () -> rig.endpoint(deaf).sessions() == 1);
            rig.apply(layout.upstream("new", server).listener("in", Net.LOOPBACK, "new"));
            rig.proxy.pause("new");
            rig.proxy.endpoint("db", deaf, AdminState.DOWN); // which ends the attempt
            assertEquals(EndCause.CLIENT_CLOSED, rig.awaitEnd().cause());
        }
    }

    /** And back again, while nobody is there either. */
    @Test
    void evenToAndFro() {
        Address other = Net.unused();
        WhenDown hold = WhenDown.hold(Duration.ofMinutes(1));
        Layout layout = Layout.of(2)
                .upstream("db", server)
                .change("db", upstream -> upstream.withWhenDown(hold))
                .upstream("new", other)
                .change("new", upstream -> upstream.withWhenDown(hold));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout.listener("in", Net.LOOPBACK, "db"))
                .start(net)) {
            List<Conn> clients = clients(rig, CLIENTS);
            for (int i = 0; i < 6; i++) {
                String upstream = i % 2 == 0 ? "db" : "new";
                rig.apply(layout.listener("in", Net.LOOPBACK, upstream));
                ProxyRig.await(
                        "all to be held by " + upstream,
                        () -> rig.proxy.upstreams().stream()
                                .allMatch(of -> of.held() == (of.name().equals(upstream) ? CLIENTS : 0)));
            }
            int listener = net.listen(other, 200);
            for (int i = 0; i < CLIENTS; i++) {
                net.close(net.accept(listener));
            }
            clients.forEach(Conn::close);
            for (int i = 0; i < CLIENTS; i++) {
                assertEquals(other, rig.awaitEnd().session().endpoint());
            }
            assertEquals(0, rig.ends.size());
        }
    }

    /** Nobody waits for those who are held longer than for others. */
    @Test
    void aStop() throws ApplyException {
        try (ProxyRig rig = start(WhenDown.REFUSE)) {
            rig.proxy.pause("db");
            clients(rig, 3);
            ProxyRig.await("all to be held", () -> now(rig).held() == 3);
            rig.proxy.close();
            for (int i = 0; i < 3; i++) {
                assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
            }
        }
    }
}
