package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The way from an accepted client to a connected upstream, and all that can be in it. */
class ConnectTest extends RealSockets {
    private static final Duration SOON = Duration.ofMillis(150);

    @Test
    void goesRoundTheEndpoints() {
        int other = net.listen(Net.LOOPBACK, 8);
        int third = net.listen(Net.LOOPBACK, 8);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .upstreams(net.nameOf(other), net.nameOf(third))
                .start(net)) {
            for (int i = 0; i < 3; i++) {
                for (int listener : List.of(other, third)) {
                    int client = net.connect(rig.address());
                    net.close(net.accept(listener));
                    net.close(client);
                    assertEquals(net.nameOf(listener), rig.awaitEnd().session().endpoint());
                }
            }
        }
    }

    @Test
    void passesOverWhoRefuses() {
        Address[] endpoints = {net.refusing(), Net.LOOPBACK, net.refusing(), net.refusing()};
        int origin = net.listen(Net.LOOPBACK, 8);
        endpoints[1] = net.nameOf(origin);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .upstreams(endpoints)
                .upstream(upstream -> upstream.withRetries(3))
                .start(net)) {
            int tries = 0;
            for (int i = 0; i < endpoints.length; i++) {
                int client = net.connect(rig.address());
                net.close(net.accept(origin));
                net.close(client);
                SessionEnd end = rig.awaitEnd();
                assertEquals(endpoints[1], end.session().endpoint());
                assertTrue(end.session().connectMicros() >= 0);
                assertTrue(end.session().tries() >= 1 && end.session().tries() <= 4, end::toString);
                assertEquals(0, end.session().waitMicros());
                tries += end.session().tries();
            }
            // From each of the four in turn; of the other two that refuse, any number may come before the one that does
            // not.
            long failures = rig.snapshot().get(Counter.CONNECT_FAILURES);
            assertTrue(failures >= 3 && failures <= 9, () -> failures + " failures");
            assertEquals(failures + endpoints.length, tries);
        }
    }

    /** To one address only so many connections can be made from this machine; there may be ports for another. */
    @Test
    void passesOverWhomThereIsNoLocalPortFor() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Script script = new Script();
        script.once(Call.CONNECT, 1, Fault.error(Errno.EADDRNOTAVAIL));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .upstreams(net.refusing(), net.nameOf(origin))
                .start(net, script)) {
            int client = net.connect(rig.address());
            net.close(net.accept(origin));
            net.close(client);
            assertEquals(net.nameOf(origin), rig.awaitEnd().session().endpoint());
            assertEquals(1, rig.snapshot().get(Counter.PORTS_EXHAUSTED));
            assertEquals(1, rig.warnings.size(), rig.warnings::toString);
            assertTrue(rig.warnings.element().contains("ip_local_port_range"), rig.warnings::toString);
        }
    }

    @Test
    void resetsTheClientWhenAllRefuse() {
        Address last = net.refusing();
        try (ProxyRig rig =
                ProxyRig.plan(RelayMode.SPLICE).upstreams(net.refusing(), last).start(net)) {
            Conn client = rig.client(Stream.fresh(), Stream.fresh());
            Traffic.run(net, client.receivingAll());
            assertEquals(Errno.ECONNRESET, client.broke);
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.CONNECT_FAILED, end.cause());
            assertEquals(Errno.ECONNREFUSED, end.errno());
            assertEquals(last, end.session().endpoint());
            assertEquals(-1, end.session().connectMicros());
            assertEquals(2, end.session().tries());
            assertEquals(-1, end.session().firstDownMicros());
            assertEquals(2, rig.snapshot().get(Counter.CONNECT_FAILURES));
        }
    }

    @Test
    void givesUpOnWhoDoesNotAnswer() {
        Address deaf = net.deaf();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .connectTimeout(SOON)
                .upstreams(deaf)
                .start(net)) {
            long before = System.nanoTime();
            Conn client = rig.client(Stream.fresh(), Stream.fresh());
            Traffic.run(net, client.receivingAll());
            assertTrue(System.nanoTime() - before >= SOON.toNanos(), "too early");
            assertEquals(Errno.ECONNRESET, client.broke);
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.CONNECT_TIMEOUT, end.cause());
            assertEquals(Errno.ETIMEDOUT, end.errno());
        }
    }

    @Test
    void goesOnAfterWhoDoesNotAnswer() {
        Address deaf = net.deaf();
        int origin = net.listen(Net.LOOPBACK, 8);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .connectTimeout(SOON)
                .upstreams(deaf, net.nameOf(origin))
                .start(net)) {
            int client = net.connect(rig.address());
            net.close(net.accept(origin));
            net.close(client);
            assertEquals(net.nameOf(origin), rig.awaitEnd().session().endpoint());
            assertEquals(1, rig.snapshot().get(Counter.CONNECT_FAILURES));
        }
    }

    @Test
    void waitsForAUnixBacklogToGetRoom() {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .origin(Net.abstractName())
                .backlog(0)
                .start(net)) {
            List<Integer> fill = net.fillBacklog(rig.originAddress);
            Stream up = Stream.fresh();
            Stream down = Stream.fresh();
            Conn client = rig.client(up, down);
            ProxyRig.await("an attempt", () -> rig.script.count(Call.CONNECT) > 1);
            for (int i = 0; i < fill.size(); i++) {
                net.close(net.accept(rig.origin));
            }
            Conn server = rig.server(up, down);
            Traffic.run(
                    net, client.sendingAll(1000), server.receivingAll(), server.sendingAll(1), client.receivingAll());
            ProxyRig.assertWhole(new ProxyRig.Pair(client, server), 1000, 1);
        }
    }

    @Test
    void givesUpOnAUnixBacklogThatStaysFull() {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .origin(Net.abstractName())
                .backlog(0)
                .connectTimeout(SOON)
                .start(net)) {
            net.fillBacklog(rig.originAddress);
            Conn client = rig.client(Stream.fresh(), Stream.fresh());
            Traffic.run(net, client.receivingAll());
            assertEquals(EndCause.CONNECT_TIMEOUT, rig.awaitEnd().cause());
            assertTrue(rig.script.count(Call.CONNECT) < 60, "spinning: " + rig.script);
        }
    }

    /** Binding before connecting makes certain what else is a matter of luck with ports. */
    @Test
    void takesAConnectionToItselfForRefused() {
        takesAConnectionToItselfForRefused(Net.LOOPBACK);
    }

    /** To 0.0.0.0 is to 127.0.0.1, so that the two ends of the connection are alike, but not like what was asked for. */
    @Test
    void takesAConnectionToItselfByTheWildcardForRefused() {
        takesAConnectionToItselfForRefused(new Address.V4(0, 0));
    }

    private void takesAConnectionToItselfForRefused(Address wanted) {
        Address loopback = net.refusing();
        int port = loopback instanceof Address.V4 v4 ? v4.port() : 0;
        Address target = wanted instanceof Address.V4 v4 ? new Address.V4(v4.address(), port) : loopback;
        Script script = new Script();
        int[] connecting = {-1};
        script.rule((call, count, fd) -> {
            connecting[0] = fd;
            return call == Call.CONNECT ? Fault.preceded(() -> bindHere(connecting[0], loopback)) : null;
        });
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .upstreams(target)
                .upstream(upstream -> upstream.withRetries(0))
                .start(net, script)) {
            for (int i = 0; i < 3; i++) { // at once again: nothing is left of the first in TIME_WAIT
                Conn client = rig.client(Stream.fresh(), Stream.fresh());
                client.write(100);
                Traffic.run(net, client.receivingAll());
                assertEquals(Errno.ECONNRESET, client.broke);
                assertEquals(0, client.received, "spoke to itself");
                SessionEnd end = rig.awaitEnd();
                assertEquals(EndCause.CONNECT_FAILED, end.cause());
                assertEquals(Errno.ECONNREFUSED, end.errno());
            }
        }
    }

    private static void bindHere(int fd, Address address) {
        try (Net mine = new Net()) {
            mine.bind(fd, address);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void deliversTheLastWordsOfAnUpstreamThatIsGoneAtOnce(RelayMode relay) {
        Script script = new Script();
        CountDownLatch gone = new CountDownLatch(1);
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            script.once(Call.CONNECT, 1, Fault.followed(() -> ProxyRig.awaitLatch(gone)));
            Stream up = Stream.fresh();
            Stream down = Stream.fresh();
            Conn client = rig.client(up, down);
            Conn server = rig.server(up, down);
            Traffic.run(net, server.sending(1000));
            ProxyRig.await("bytes to arrive", () -> server.unsent() == 0);
            server.reset();
            gone.countDown();
            Traffic.run(net, client.receivingAll());
            assertEquals("sent 0 received 1000 ECONNRESET", client.toString());
            assertEquals(EndCause.UPSTREAM_RESET, rig.awaitEnd().cause());
        }
    }

    /** With nothing said, another endpoint may do better. */
    @Test
    void passesOverWhoResetsAtOnce() {
        Script script = new Script();
        CountDownLatch gone = new CountDownLatch(1);
        int origin = net.listen(Net.LOOPBACK, 8);
        int moody = net.listen(Net.LOOPBACK, 8);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .upstreams(net.nameOf(moody), net.nameOf(origin))
                .start(net, script)) {
            script.once(Call.CONNECT, 1, Fault.followed(() -> ProxyRig.awaitLatch(gone)));
            int client = net.connect(rig.address());
            net.reset(net.accept(moody));
            gone.countDown();
            net.close(net.accept(origin));
            net.close(client);
            assertEquals(net.nameOf(origin), rig.awaitEnd().session().endpoint());
        }
    }
}
