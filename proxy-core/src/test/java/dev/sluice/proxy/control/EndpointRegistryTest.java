package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.PathSnapshot;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Upstream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What stays of an endpoint from one configuration to the next, and when it is forgotten. */
class EndpointRegistryTest {
    private static final int LOOPS = 3;
    private static final Address A = Address.parse("10.0.0.1:80");
    private static final Address B = Address.parse("10.0.0.2:80");
    private static final Address C = Address.parse("[2001:db8::1]:80");

    private final EndpointRegistry registry = new EndpointRegistry(LOOPS, state -> {}, () -> {});
    private final Layout layout =
            Layout.of(LOOPS).listener("l", Net.LOOPBACK, "u").upstream("u", A);

    private Map<String, Upstream> apply(Layout next) {
        return apply(next, Resolver::system);
    }

    private Map<String, Upstream> apply(Layout next, Resolver resolver) {
        try {
            return registry.apply(Resolved.of(next.config(), resolver));
        } catch (Refusal e) {
            throw new AssertionError(e);
        }
    }

    private Upstream apply(String upstream, Address... endpoints) {
        return get(apply(layout.upstream(upstream, endpoints)), upstream);
    }

    private static Upstream get(Map<String, Upstream> upstreams, String name) {
        return Objects.requireNonNull(upstreams.get(name));
    }

    private static Endpoint endpoint(Upstream upstream, int member) {
        return upstream.members().get(member).endpoints().getFirst();
    }

    private List<Address> shown() {
        return registry.snapshot().stream().map(EndpointSnapshot::address).toList();
    }

    @Test
    void membersComeInTheOrderOfTheConfiguration() {
        Upstream upstream = apply("u", C, A, B);
        assertEquals("u", upstream.name());
        assertEquals(
                List.of(C, A, B),
                upstream.members().stream()
                        .map(member -> member.endpoints().getFirst().address())
                        .toList());
        assertEquals(List.of(C, A, B), shown());
    }

    @Test
    void aNameIsOneMemberOfAllItsAddresses() {
        Map<String, Upstream> upstreams = apply(
                layout.upstream("u", List.of(EndpointAddress.parse("names:80"), EndpointAddress.parse("b:80"))),
                endpoint -> switch (endpoint.toString()) {
                    case "names:80" -> List.of(C, A);
                    case "b:80" -> List.of(B);
                    default -> Resolver.system(endpoint);
                });
        assertEquals(
                List.of(List.of(C, A), List.of(B)),
                get(upstreams, "u").members().stream()
                        .map(member -> member.endpoints().stream()
                                .map(Endpoint::address)
                                .toList())
                        .toList());
    }

    @Test
    void upstreamAndAddressAreTheIdentity() {
        Upstream before = apply("u", A, B);
        Upstream after = apply("u", B, C, A);
        assertSame(endpoint(before, 0), endpoint(after, 2));
        assertSame(endpoint(before, 1), endpoint(after, 0));
        assertNotSame(endpoint(after, 2), endpoint(apply("v", A), 0));
        assertNotSame(endpoint(after, 1), endpoint(apply("u", Address.parse("[2001:db8::1]:81")), 0));
    }

    @Test
    void theSameAddressTwiceIsOneEndpoint() {
        Upstream upstream = apply("u", A, A);
        assertSame(endpoint(upstream, 0), endpoint(upstream, 1));
        assertEquals(List.of(A), shown());
        assertFalse(registry.retire(List.of()));
        assertEquals(List.of(A), shown());
    }

    @Test
    void turnsGoOnUntilTheUpstreamIsRemoved() {
        Upstream before = apply("u", A, B);
        assertSame(before.group(), apply("u", C).group());
        Layout other = Layout.of(LOOPS).listener("l", Net.LOOPBACK, "v").upstream("v", A);
        apply(other);
        assertSame(before.group(), apply("u", A, B).group(), "its endpoints are still there");
        apply(other);
        registry.retire(List.of());
        assertNotSame(before.group(), apply("u", A, B).group());
    }

    @Test
    void whoWasRemovedWithoutSessionsGoesAtOnce() {
        apply("u", A, B);
        apply("u", B);
        assertEquals(List.of(A, B), shown(), "until nobody goes by the old routes");
        assertFalse(registry.retire(List.of()), "nobody is left");
        assertEquals(List.of(B), shown());
    }

    @Test
    void whoWasRemovedWithSessionsGoesWithTheLastOnAnyLoop() {
        Endpoint a = endpoint(apply("u", A, B), 0);
        a.count(1, Count.SESSIONS, 1);
        a.count(2, Count.SESSIONS, 2);
        apply("u", B);
        assertTrue(registry.retire(List.of()));
        a.count(1, Count.SESSIONS, -1);
        a.count(2, Count.SESSIONS, -1);
        assertTrue(registry.retire(List.of()));
        assertEquals(List.of(A, B), shown());
        a.count(2, Count.SESSIONS, -1);
        assertFalse(registry.retire(List.of()));
        assertEquals(List.of(B), shown());
    }

    @Test
    void whoMayStillGetASessionStays() {
        Upstream before = apply("u", A, B);
        Upstream after = apply("u", C);
        assertTrue(registry.retire(List.of(before, after)));
        assertEquals(List.of(A, B, C), shown());
        assertFalse(registry.retire(List.of(after)));
        assertEquals(List.of(C), shown());
    }

    @Test
    void whoComesBackInTimeIsTheSameAndElseAnother() {
        Endpoint a = endpoint(apply("u", A), 0);
        a.count(0, Count.CONNECTED, 5);
        apply("u", B);
        assertSame(a, endpoint(apply("u", A), 0));
        apply("u", B);
        registry.retire(List.of());
        assertNotSame(a, endpoint(apply("u", A), 0));
        assertEquals(0, registry.snapshot().getLast().connected());
    }

    @Test
    void aSnapshotSumsOverTheLoops() {
        Endpoint a = endpoint(apply("u", A), 0);
        for (int loop = 0; loop < LOOPS; loop++) {
            a.count(loop, Count.SESSIONS, 1 + loop);
            a.count(loop, Count.CONNECTED, 10 + loop);
            a.count(loop, Count.FAILURES, 100 + loop);
            a.count(loop, Count.EARLY_RESETS, 1000 + loop);
        }
        assertEquals(
                List.of(new EndpointSnapshot(
                        "u", A.toString(), A, "up", 6, 33, 303, 3003, PathSnapshot.NONE, a.health())),
                registry.snapshot());
        a.state(Endpoint.State.DRAIN);
        assertEquals("drain", registry.snapshot().getFirst().state());
    }
}
