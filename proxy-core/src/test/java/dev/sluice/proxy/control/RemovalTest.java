package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.OnRemove;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.lang.foreign.ValueLayout;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of the sessions of endpoints that the configuration, or their name, has no more. */
class RemovalTest extends RealSockets {
    private static final OnRemove SOON = OnRemove.drain(Duration.ofMillis(400));
    private static final OnRemove CLOSE = OnRemove.of(OnRemove.Policy.CLOSE);
    private static final OnRemove KEEP = OnRemove.of(OnRemove.Policy.KEEP);

    /** Of two sides that end at once, either may be found first. */
    private static final Set<EndCause> IN_ORDER = Set.of(EndCause.CLIENT_CLOSED, EndCause.UPSTREAM_CLOSED);

    private static final ValueLayout.OfInt BIG_ENDIAN = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private int one;
    private int other;
    private Address oneAddress = Net.LOOPBACK;
    private Address otherAddress = Net.LOOPBACK;
    private Layout layout = Layout.of(2);

    @BeforeEach
    void open() {
        one = net.listen(Net.LOOPBACK, 64);
        other = net.listen(Net.LOOPBACK, 64);
        oneAddress = net.nameOf(one);
        otherAddress = net.nameOf(other);
        layout = Layout.of(2).listener("l", Net.LOOPBACK, "db").upstream("db", oneAddress);
    }

    private ProxyRig start() {
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net);
    }

    private Layout with(OnRemove policy, Address... endpoints) {
        return layout.copy().upstream("db", endpoints).change("db", upstream -> upstream.withOnRemove(policy));
    }

    private static boolean shows(ProxyRig rig, Address address) {
        return rig.proxy.endpoints().stream().anyMatch(of -> address.equals(of.address()));
    }

    private static long active(ProxyRig rig) {
        return rig.snapshot().get(Counter.ACTIVE);
    }

    private void assertCut(ProxyRig rig, ProxyRig.Pair pair) {
        assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
        assertTrue(net.await(pair.client().fd, Epoll.RDHUP, Net.PATIENCE_MILLIS));
        pair.both().forEach(Conn::close);
    }

    @Test
    void closedAtOnce() {
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = new ArrayList<>();
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            for (int i = 0; i < 20; i++) {
                pairs.add(rig.open("l", one));
            }
            rig.apply(with(CLOSE, otherAddress));
            pairs.forEach(pair -> assertCut(rig, pair));
            assertEquals(Map.of(), before.leftOpen());
            ProxyRig.await("it to go", () -> !shows(rig, oneAddress));
            rig.finish(rig.open("l", other), 1000, 1000);
        }
    }

    @Test
    void drainedForItsTime() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair first = rig.open("l", one);
            ProxyRig.Pair last = rig.open("l", one);
            long begin = System.nanoTime();
            rig.apply(with(SOON, otherAddress));
            ProxyRig.pause(100);
            assertEquals(2, active(rig));
            rig.finish(first, 100_000, 100_000);
            assertTrue(IN_ORDER.contains(rig.awaitEnd().cause()));
            assertCut(rig, last);
            assertTrue(System.nanoTime() - begin >= SOON.drain().toNanos());
            ProxyRig.await("it to go", () -> !shows(rig, oneAddress));
        }
    }

    @Test
    void keptUntilTheEnd() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("l", one);
            rig.apply(with(new OnRemove(OnRemove.Policy.KEEP, Duration.ofMillis(1)), otherAddress));
            ProxyRig.pause(300);
            rig.finish(pair, 100_000, 100_000);
            assertTrue(IN_ORDER.contains(rig.awaitEnd().cause()));
        }
    }

    @Test
    void oneThatComesBackKeepsItsSessionsAndHasItsWholeTimeAgain() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("l", one);
            for (int i = 0; i < 3; i++) {
                rig.apply(with(SOON, otherAddress));
                ProxyRig.pause(250);
                rig.apply(with(SOON, otherAddress, oneAddress));
            }
            ProxyRig.pause(500);
            assertEquals(1, active(rig));
            rig.apply(with(SOON, otherAddress));
            assertCut(rig, pair);
        }
    }

    /** It is the last policy that counts, and the time from when it was removed. */
    @Test
    void thePolicyMayChangeMeanwhile() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("l", one);
            rig.apply(with(SOON, otherAddress));
            rig.apply(with(KEEP, otherAddress));
            ProxyRig.pause(600);
            assertEquals(1, active(rig));
            rig.apply(with(OnRemove.drain(Duration.ofMinutes(1)), otherAddress));
            ProxyRig.pause(100);
            assertEquals(1, active(rig));
            rig.apply(with(SOON, otherAddress)); // which is over already
            assertCut(rig, pair);
        }
    }

    @Test
    void anUpstreamThatGoesHasItsLastPolicy() {
        layout = with(CLOSE, oneAddress);
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("l", one);
            Layout next = Layout.of(2)
                    .upstream("new", otherAddress)
                    .change("new", upstream -> upstream.withOnRemove(KEEP))
                    .listener("l", Net.LOOPBACK, "new");
            rig.apply(next);
            assertCut(rig, pair);
            ProxyRig.await("it to go", () -> !shows(rig, oneAddress));
        }
    }

    private static Resolver resolver(EndpointAddress name, List<List<Address>> answers) {
        return new Resolver() {
            @Override
            public List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
                return endpoint.equals(name) ? answers.getFirst() : Resolver.system(endpoint);
            }

            @Override
            public Answer ask(EndpointSource source, ResolveSettings settings) throws UnknownHostException {
                EndpointAddress endpoint = (EndpointAddress) source;
                return Answer.of(endpoint, resolve(endpoint), Duration.ofMillis(1));
            }
        };
    }

    @Test
    void aNameThatHasOtherAddresses() {
        EndpointAddress name = EndpointAddress.parse("db.test:5432");
        List<List<Address>> answers = new CopyOnWriteArrayList<>(List.of(List.of(oneAddress)));
        layout.upstream(UpstreamConfig.of("db", List.of(name)).withOnRemove(CLOSE));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(resolver(name, answers))
                .start(net)) {
            ProxyRig.Pair pair = rig.open("l", one);
            answers.set(0, List.of(oneAddress, otherAddress));
            ProxyRig.await("the other", () -> shows(rig, otherAddress));
            ProxyRig.pause(50);
            assertEquals(1, active(rig));
            answers.set(0, List.of(otherAddress));
            assertCut(rig, pair);
        }
    }

    /** Its sessions go on, and so their queries can be cancelled. */
    @Test
    void aRequestToCancelGoesThereStill() {
        layout.upstream("db", oneAddress, otherAddress).change("db", upstream -> upstream.withPostgresCancel(true));
        try (ProxyRig rig = start()) {
            int client = net.connect(rig.address("l"));
            say(client, 8, 80877103); // which wants TLS
            int server = net.accept(one);
            rig.apply(with(KEEP, otherAddress).change("db", upstream -> upstream.withPostgresCancel(true)));
            int cancelling = net.connect(rig.address("l"));
            say(cancelling, 16, 80877102, 1, 2);
            int asked = net.accept(one);
            for (int fd : List.of(asked, net.accept(other))) {
                assertTrue(net.await(fd, Epoll.IN, Net.PATIENCE_MILLIS));
                net.close(fd);
            }
            assertEquals(32, rig.awaitEnd().session().bytesUp());
            List.of(client, server, cancelling).forEach(net::close);
            rig.awaitEnd();
        }
    }

    private void say(int fd, int... words) {
        for (int i = 0; i < words.length; i++) {
            net.buffer.set(BIG_ENDIAN, (long) i * Integer.BYTES, words[i]);
        }
        int count = words.length * Integer.BYTES;
        assertEquals(count, net.kernel.send(fd, net.buffer, 0, count, Sockets.MSG_NOSIGNAL));
    }

    /** While the proxy drains, too. */
    @Test
    void whoComesLateWhileItDrains() {
        Address deaf = net.deaf();
        EndpointAddress name = EndpointAddress.parse("db.test:5432");
        List<List<Address>> answers = new CopyOnWriteArrayList<>(List.of(List.of(deaf, oneAddress)));
        layout.upstream(UpstreamConfig.of("db", List.of(name)).withOnRemove(CLOSE))
                .listener(ListenerConfig.of("l", EndpointAddress.parse("127.0.0.1:0"), "db")
                        .withTimeouts(Timeouts.DEFAULTS.withConnect(Duration.ofMillis(1500))));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(resolver(name, answers))
                .start(net)) {
            Conn client = rig.client(rig.address("l"));
            ProxyRig.await("an attempt", () -> rig.endpoint(deaf).sessions() == 1);
            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(rig));
            Address at = rig.address("l");
            ProxyRig.await("the drain", () -> !net.listens(at));
            answers.set(0, List.of(deaf)); // the one that it will try next is gone
            int server = net.accept(one);
            assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
            assertTrue(drained.join());
            client.close();
            net.close(server);
        }
    }

    private static boolean drain(ProxyRig rig) {
        try {
            return rig.proxy.drain(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Who is on the way to one that is gone goes where new ones go. */
    @Test
    void whoIsOnTheWayGoesElsewhere() {
        Address deaf = net.deaf();
        layout.upstream("db", deaf);
        try (ProxyRig rig = start()) {
            Conn client = rig.client(rig.address("l"));
            ProxyRig.await("an attempt", () -> rig.endpoint(deaf).sessions() == 1);
            rig.apply(with(CLOSE, otherAddress));
            int server = net.accept(other);
            client.close();
            net.close(server);
            assertEquals(EndCause.CLIENT_CLOSED, rig.awaitEnd().cause());
            ProxyRig.await("it to go", () -> !shows(rig, deaf));
        }
    }

    /** No route leads there, but who is held may still go there: it is not forgotten, and its sessions end as the policy says. */
    @Test
    void whoIsHeldWhenTheListenerGoes() {
        Address second = Net.unused();
        layout = holding(KEEP, Net.unused());
        try (ProxyRig rig = start()) {
            Conn client = held(rig);
            rig.apply(holding(CLOSE, second));
            rig.apply(Layout.of(2).upstream("new", otherAddress).listener("m", Net.LOOPBACK, "new"));
            ProxyRig.pause(1000); // more than once it is looked who is needed no more
            int late = net.listen(second, 8);
            int server = net.accept(late);
            assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
            client.close();
            net.close(server);
            ProxyRig.await("it to go", () -> !shows(rig, second));
        }
    }

    /** Who was tried last belongs to a configuration that is no more: who is next is not of that one either. */
    @Test
    void whoIsHeldGoesByTheNewestConfiguration() {
        Address deaf = net.deaf();
        layout = holding(KEEP, Net.unused())
                .listener(ListenerConfig.of("l", EndpointAddress.parse("127.0.0.1:0"), "db")
                        .withTimeouts(Timeouts.DEFAULTS.withConnect(Duration.ofSeconds(3))));
        try (ProxyRig rig = start()) {
            Conn client = held(rig);
            rig.apply(holding(KEEP, deaf)
                    .change(
                            "db",
                            upstream -> upstream.withEndpoints(List.of(
                                    EndpointConfig.of(EndpointAddress.parse(deaf.toString())),
                                    EndpointConfig.of(EndpointAddress.parse(oneAddress.toString()))
                                            .withBackup(true)))));
            ProxyRig.await("an attempt", () -> rig.endpoint(deaf).sessions() == 1);
            rig.apply(holding(KEEP, otherAddress));
            ProxyRig.await("it to go", () -> !shows(rig, oneAddress));
            int server = net.accept(other);
            client.close();
            net.close(server);
            assertEquals(EndCause.CLIENT_CLOSED, rig.awaitEnd().cause());
        }
    }

    private Layout holding(OnRemove policy, Address... endpoints) {
        return with(policy, endpoints)
                .change("db", upstream -> upstream.withWhenDown(WhenDown.hold(Duration.ofSeconds(30))));
    }

    private static Conn held(ProxyRig rig) {
        Conn client = rig.client(rig.address("l"));
        ProxyRig.await("it to be held", () -> rig.proxy.upstreams().getFirst().held() == 1);
        return client;
    }

    /** What becomes a session when its time is over already is ended, too. */
    @Test
    void whoComesLateByTheRouteBefore() {
        Address deaf = net.deaf();
        layout.upstream("db", deaf, oneAddress)
                .listener(ListenerConfig.of("l", EndpointAddress.parse("127.0.0.1:0"), "db")
                        .withTimeouts(Timeouts.DEFAULTS.withConnect(Duration.ofMillis(500))));
        try (ProxyRig rig = start()) {
            Conn client = rig.client(rig.address("l"));
            ProxyRig.await("an attempt", () -> rig.endpoint(deaf).sessions() == 1);
            rig.apply(with(OnRemove.drain(Duration.ofMillis(1)), deaf)); // the one that it will try next is gone
            int server = net.accept(one);
            assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
            client.close();
            net.close(server);
            ProxyRig.await("it to go", () -> !shows(rig, oneAddress));
            assertFalse(shows(rig, otherAddress));
        }
    }
}
