package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Names whose addresses change, or are not known, while the proxy runs. */
class NamesTest extends RealSockets {
    private static final EndpointAddress NAME = EndpointAddress.parse("db.test:5432");

    private final AtomicInteger asked = new AtomicInteger();
    private volatile List<Address> addresses = List.of();
    private volatile Duration goodFor = Duration.ofMillis(1);

    /** What the test says now; without an address it does not resolve. */
    private final class Scripted implements Resolver {
        @Override
        public List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
            if (!endpoint.equals(NAME)) {
                return Resolver.system(endpoint);
            }
            asked.incrementAndGet();
            if (addresses.isEmpty()) {
                throw new UnknownHostException("scripted");
            }
            return addresses;
        }

        @Override
        public Answer ask(EndpointSource source, ResolveSettings settings) throws UnknownHostException {
            EndpointAddress endpoint = (EndpointAddress) source;
            return Answer.of(endpoint, resolve(endpoint), goodFor);
        }
    }

    private ProxyRig start() {
        Layout layout = Layout.of(2).upstream("db", List.of(NAME)).listener("in", Net.LOOPBACK, "db");
        return ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(new Scripted())
                .start(net);
    }

    private static Set<Address> known(ProxyRig rig) {
        return rig.proxy.endpoints().stream()
                .map(EndpointSnapshot::address)
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
    }

    private void serve(ProxyRig rig, int listener) {
        Conn client = rig.client(rig.address("in"));
        net.close(net.accept(listener));
        client.close();
        rig.awaitEnd();
    }

    @Test
    void newSessionsGoWhereTheNameIsNow() {
        int first = net.listen(Net.LOOPBACK, 8);
        int second = net.listen(Net.LOOPBACK, 8);
        addresses = List.of(net.nameOf(first));
        try (ProxyRig rig = start()) {
            serve(rig, first);
            ProxyRig.Pair pair = rig.open("in", first);
            addresses = List.of(net.nameOf(second));
            ProxyRig.await("the change", () -> known(rig).contains(net.nameOf(second)));
            rig.awaitQuiet();
            serve(rig, second);
            assertEquals(Set.of(net.nameOf(first), net.nameOf(second)), known(rig), "it still has a session");
            rig.finish(pair, 100_000, 100_000);
            rig.awaitEnd();
            ProxyRig.await("it to retire", () -> known(rig).equals(Set.of(net.nameOf(second))));
            assertEquals(List.of(), List.copyOf(rig.warnings));
            assertEquals(
                    List.of("upstream db has 1 endpoint now; new: " + net.nameOf(second) + "; gone: "
                            + net.nameOf(first)),
                    List.copyOf(rig.memberships));
        }
    }

    /** What happens soon after is told later, as what it comes to. */
    @Test
    void aNameThatChangesAllTheTimeIsToldOfNowAndThen() {
        List<Address> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(net.nameOf(net.listen(Net.LOOPBACK, 8)));
        }
        addresses = List.of(all.get(0));
        try (ProxyRig rig = start()) {
            for (int i = 1; i < 4; i++) {
                Address next = all.get(i);
                addresses = List.of(next);
                ProxyRig.await("the change", () -> known(rig).contains(next));
            }
            String first = "upstream db has 1 endpoint now; new: " + all.get(1) + "; gone: " + all.get(0);
            assertEquals(List.of(first), List.copyOf(rig.memberships));
            ProxyRig.await("the rest", () -> rig.memberships.size() > 1);
            assertEquals(
                    List.of(first, "upstream db has 1 endpoint now; new: " + all.get(3) + "; gone: " + all.get(1)),
                    List.copyOf(rig.memberships));
        }
    }

    /** Its endpoint is down until it resolves, and the proxy starts all the same. */
    @Test
    void aNameThatDoesNotResolveAtStart() {
        int listener = net.listen(Net.LOOPBACK, 8);
        try (ProxyRig rig = start()) {
            assertEquals(
                    List.of(
                            "upstream db: db.test:5432: the host does not resolve (scripted); it is down until it does"),
                    List.copyOf(rig.warnings));
            NoSuchElementException none = assertThrows(
                    NoSuchElementException.class,
                    () -> rig.proxy.endpoint("db", net.nameOf(listener), AdminState.DOWN));
            assertEquals("upstream 'db' has no endpoint " + net.nameOf(listener) + ", but []", none.getMessage());
            Conn client = rig.client(rig.address("in"));
            rig.awaitEnd();
            client.close();
            addresses = List.of(net.nameOf(listener));
            ProxyRig.await("it to be known", () -> !known(rig).isEmpty());
            rig.awaitQuiet();
            serve(rig, listener);
            assertEquals(2, rig.warnings.size());
            assertTrue(List.copyOf(rig.warnings).getLast().endsWith("resolves again"), rig.warnings::toString);
        }
    }

    /** Who came before it did is served as soon as it does. */
    @Test
    void aNameThatResolvesWhileClientsAreHeld() {
        int listener = net.listen(Net.LOOPBACK, 8);
        Layout layout = Layout.of(2)
                .upstream(UpstreamConfig.of("db", List.of(NAME)).withWhenDown(WhenDown.hold(Duration.ofSeconds(14))))
                .listener("in", Net.LOOPBACK, "db");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(new Scripted())
                .start(net)) {
            Conn client = rig.client(rig.address("in"));
            ProxyRig.await(
                    "it to be held", () -> rig.proxy.upstreams().getFirst().held() == 1);
            ProxyRig.pause(300); // removed endpoints are let go of by then
            assertEquals(1, rig.proxy.upstreams().getFirst().held());
            addresses = List.of(net.nameOf(listener));
            net.close(net.accept(listener));
            client.close();
            rig.awaitEnd();
        }
    }

    /** What is known of an address, and what was ordered, outlives that the name has others for some time. */
    @Test
    void anAddressThatGoesAndComesBack() {
        Address first = net.nameOf(net.listen(Net.LOOPBACK, 8));
        Address second = net.nameOf(net.listen(Net.LOOPBACK, 8));
        addresses = List.of(first);
        try (ProxyRig rig = start()) {
            rig.proxy.endpoint("db", first, AdminState.DOWN);
            addresses = List.of(second);
            ProxyRig.await("the change", () -> known(rig).equals(Set.of(second)));
            addresses = List.of(first, second);
            ProxyRig.await("it to be back", () -> known(rig).size() == 2);
            rig.awaitState(first, "down");
            rig.awaitState(second, "up");
        }
    }

    /** It is checked as long as it has sessions, which end when it goes down. */
    @Test
    void anAddressThatHasGoneIsCheckedWhileItHasSessions() {
        int first = net.listen(Net.LOOPBACK, 8);
        int second = net.listen(Net.LOOPBACK, 8);
        addresses = List.of(net.nameOf(first));
        HealthConfig check = HealthConfig.of(new HealthCheck.Tcp())
                .withInterval(Duration.ofMillis(50))
                .withTimeout(Duration.ofMillis(50));
        Layout layout = Layout.of(2)
                .upstream(UpstreamConfig.of("db", List.of(NAME))
                        .withHealth(HealthPolicy.of(check).withOnDown(HealthPolicy.OnDown.CLOSE)))
                .listener("in", Net.LOOPBACK, "db");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(new Scripted())
                .start(net)) {
            ProxyRig.Pair pair = rig.open("in", first);
            addresses = List.of(net.nameOf(second));
            ProxyRig.await("the change", () -> known(rig).size() == 2);
            net.close(first);
            assertEquals(EndCause.DOWN, rig.awaitEnd().cause());
            pair.both().forEach(Conn::close);
            ProxyRig.await("it to retire", () -> known(rig).equals(Set.of(net.nameOf(second))));
        }
    }

    @Test
    void theLastAnswerIsKeptWhenThereIsNone() {
        int listener = net.listen(Net.LOOPBACK, 8);
        addresses = List.of(net.nameOf(listener));
        try (ProxyRig rig = start()) {
            addresses = List.of();
            ProxyRig.await("the warning", () -> !rig.warnings.isEmpty());
            String warning = rig.warnings.peek();
            assertTrue(warning.endsWith("it goes on with its last addresses"), warning);
            serve(rig, listener);
            Layout next = Layout.of(2).upstream("db", List.of(NAME)).listener("in", Net.LOOPBACK, "db");
            rig.apply(next); // another look, at the same moment
            serve(rig, listener);
            assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        }
    }

    /** Long before its answer is too old. */
    @Test
    void aNameWhoseEndpointCannotBeConnectedToIsLookedUpAtOnce() {
        int listener = net.listen(Net.LOOPBACK, 8);
        addresses = List.of(net.refusing());
        goodFor = Duration.ofHours(1);
        try (ProxyRig rig = start()) {
            addresses = List.of(net.nameOf(listener));
            ProxyRig.pause(1500);
            assertEquals(1, asked.get());
            serve(rig, listener); // the first one, too, when it tries again
            ProxyRig.await("the change", () -> known(rig).equals(Set.of(net.nameOf(listener))));
            serve(rig, listener);
        }
    }

    /** Who wants to know of other answers soon wants to know of the first one soon, too. */
    @Test
    void whatDoesNotResolveIsAskedAsOftenAsTheRest() {
        ResolveSettings often =
                new ResolveSettings(List.of(), Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1));
        Layout layout = Layout.of(1)
                .upstream(UpstreamConfig.of("db", List.of(NAME)).withResolve(often))
                .listener("in", Net.LOOPBACK, "db");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(new Scripted())
                .start(net)) {
            long begin = System.nanoTime();
            ProxyRig.await("four more looks", () -> asked.get() >= 5);
            long took = System.nanoTime() - begin;
            assertTrue(took < Duration.ofSeconds(9).toNanos(), () -> "doubled each time they take 15 s, not " + took);
            assertEquals(1, rig.warnings.size());
        }
    }

    /** Servers turn the order round; that is no change. */
    @Test
    void anotherOrderIsNoChange() {
        List<Address> order = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            order.add(net.nameOf(net.listen(Net.LOOPBACK, 8)));
        }
        addresses = List.copyOf(order);
        try (ProxyRig rig = start()) {
            List<EndpointSnapshot> before = rig.proxy.endpoints();
            Collections.reverse(order);
            addresses = List.copyOf(order);
            int until = asked.get() + 2;
            ProxyRig.await("two looks", () -> asked.get() >= until);
            assertEquals(
                    before.stream().map(EndpointSnapshot::address).toList(),
                    rig.proxy.endpoints().stream()
                            .map(EndpointSnapshot::address)
                            .toList());
        }
    }

    /** Each apply comes to its end, and what runs then is the last of both. */
    @Test
    void configurationsAndNamesThatChangeAtOnce() {
        int first = net.listen(Net.LOOPBACK, 64);
        int second = net.listen(Net.LOOPBACK, 64);
        addresses = List.of(net.nameOf(first));
        try (ProxyRig rig = start()) {
            long until = System.nanoTime() + 3_000_000_000L;
            for (int i = 0; System.nanoTime() - until < 0; i++) {
                addresses = List.of(net.nameOf(i % 2 == 0 ? first : second));
                Layout next = Layout.of(2).upstream("db", List.of(NAME)).listener("in", Net.LOOPBACK, "db");
                rig.apply(i % 3 == 0 ? next.listener("more", Net.LOOPBACK, "db") : next);
            }
            addresses = List.of(net.nameOf(second));
            ProxyRig.await("the last", () -> known(rig).equals(Set.of(net.nameOf(second))));
            rig.awaitQuiet();
            serve(rig, second);
        }
    }
}
