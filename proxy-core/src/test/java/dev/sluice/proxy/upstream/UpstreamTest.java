package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whom a connection tries, and in what order. */
class UpstreamTest {
    private static final int LOOPS = 3;

    private int port = 1;

    private Upstream.Member member(Group group, int addresses) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < addresses; i++) {
            endpoints.add(new Endpoint(group, new Address.V4(0x7f000001, port++)));
        }
        return new Upstream.Member(endpoints);
    }

    /** Members with so many addresses each, all of which are tried. */
    private Upstream upstream(Group group, int... addresses) {
        return upstream(Balancing.DEFAULTS.withRetries(100), group, addresses);
    }

    private Upstream upstream(Balancing balancing, Group group, int... addresses) {
        List<Upstream.Member> members = new ArrayList<>();
        for (int count : addresses) {
            members.add(member(group, count));
        }
        return new Upstream(group, members, balancing, TcpSettings.DEFAULTS, WhenDown.REFUSE);
    }

    private static Candidates candidates(Upstream upstream, int loop) {
        return upstream.candidates(loop, Net.LOOPBACK);
    }

    private static List<Endpoint> all(Candidates candidates) {
        return Servers.all(candidates);
    }

    private static List<Endpoint> endpoints(Upstream upstream) {
        return upstream.endpoints().toList();
    }

    /** Whose endpoint it is. */
    private static int memberOf(Upstream upstream, Endpoint endpoint) {
        for (int i = 0; i < upstream.members().size(); i++) {
            if (upstream.members().get(i).endpoints().contains(endpoint)) {
                return i;
            }
        }
        throw new AssertionError(endpoint);
    }

    @Test
    void eachOnceFromTheMemberWhoseTurnItIsAndItsAddressesTogether() {
        Upstream upstream = upstream(new Group("test", LOOPS), 1, 3, 2);
        for (int turn = 0; turn < 60; turn++) {
            Candidates candidates = candidates(upstream, turn % LOOPS);
            List<Endpoint> given = all(candidates);
            assertEquals(turn % 3, memberOf(upstream, given.getFirst()));
            assertEquals(Set.copyOf(endpoints(upstream)), Set.copyOf(given));
            assertEquals(6, given.size());
            for (Upstream.Member member : upstream.members()) {
                int at = given.indexOf(member.endpoints().getFirst());
                assertEquals(
                        member.endpoints(),
                        given.subList(at, at + member.endpoints().size()));
            }
            assertNull(candidates.next(), "and nobody twice");
            assertEquals(Candidates.Outcome.TRIED, candidates.outcome());
        }
    }

    @Test
    void oneMemberAloneHasEveryTurn() {
        Upstream upstream = upstream(new Group("test", 1), 1);
        for (int turn = 0; turn < 3; turn++) {
            assertEquals(upstream.members().getFirst().endpoints(), all(candidates(upstream, 0)));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Endpoint.State.class,
            names = {"DOWN", "DRAIN"})
    void whoTakesNoConnectionsIsPassedOver(Endpoint.State state) {
        Upstream upstream = upstream(new Group("test", LOOPS), 2, 1, 2);
        List<Endpoint> endpoints = endpoints(upstream);
        for (Endpoint out : endpoints) {
            out.state(state);
            for (int turn = 0; turn < 3; turn++) {
                List<Endpoint> given = all(candidates(upstream, 0));
                assertEquals(4, given.size());
                assertFalse(given.contains(out));
            }
            out.state(Endpoint.State.UP);
        }
        assertTrue(upstream.isUp());
        endpoints.forEach(endpoint -> endpoint.state(state));
        Candidates nobody = candidates(upstream, 0);
        assertNull(nobody.next(), "nobody is left");
        assertEquals(Candidates.Outcome.DOWN, nobody.outcome());
        assertFalse(upstream.isUp());
        assertFalse(upstream.hasRoom());
        endpoints.get(3).state(Endpoint.State.UP);
        assertSame(endpoints.get(3), nobody.next(), "it may be asked again");
    }

    /** The addresses of one configured host are one endpoint to whoever configured it. */
    @Test
    void retriesAreFurtherMembers() {
        for (int retries = 0; retries < 5; retries++) {
            Upstream upstream = upstream(Balancing.DEFAULTS.withRetries(retries), new Group("test", LOOPS), 2, 2, 2, 2);
            for (int turn = 0; turn < 8; turn++) {
                Candidates candidates = candidates(upstream, 0);
                assertEquals(2 * Math.min(4, 1 + retries), all(candidates).size());
                assertEquals(Candidates.Outcome.TRIED, candidates.outcome());
            }
        }
    }

    /** A connection that has been trying for a while goes by what is known now. */
    @Test
    void whoGoesDownMeanwhileIsPassedOver() {
        Upstream upstream = upstream(new Group("test", 1), 1, 1, 1);
        List<Endpoint> endpoints = endpoints(upstream);
        Candidates candidates = candidates(upstream, 0);
        assertSame(endpoints.get(0), candidates.next());
        endpoints.get(1).state(Endpoint.State.DOWN);
        assertSame(endpoints.get(2), candidates.next());
        assertNull(candidates.next());
    }

    @Test
    void goesRoundExactlyWhateverLoopEachConnectionIsOn() {
        Seeds.each(20, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            int loops = random.nextInt(1, 9);
            int members = random.nextInt(1, 8);
            Upstream upstream = upstream(new Group("test", loops), ones(members));
            for (int i = 0; i < 1000; i++) {
                Endpoint given = candidates(upstream, random.nextInt(loops)).next();
                assertSame(upstream.members().get(i % members).endpoints().getFirst(), given);
            }
        });
    }

    private static int[] ones(int members) {
        int[] sizes = new int[members];
        Arrays.fill(sizes, 1);
        return sizes;
    }

    /** A configuration may have more or fewer members than the one before, and the group outlives it. */
    @Test
    void goesOnWhenTheNumberOfMembersChanges() {
        Group group = new Group("test", LOOPS);
        int connections = 0;
        for (int members : new int[] {5, 2, 7, 1, 3}) {
            Upstream upstream = upstream(group, ones(members));
            for (int i = 0; i < 2 * members + 1; i++, connections++) {
                assertSame(
                        endpoints(upstream).get(connections % members),
                        candidates(upstream, i % LOOPS).next());
            }
        }
    }

    /** A connection that began before the change goes on with the members that it began with. */
    @Test
    void candidatesDoNotChangeUnderWay() {
        Group group = new Group("test", 1);
        Upstream before = upstream(group, 1, 1, 1, 1);
        Candidates candidates = candidates(before, 0);
        Endpoint first = candidates.next();
        Upstream after = upstream(group, 1);
        assertEquals(endpoints(after), all(candidates(after, 0)));
        Set<Endpoint> rest = new HashSet<>(all(candidates));
        rest.add(first);
        assertEquals(Set.copyOf(endpoints(before)), rest);
    }

    @Test
    void loopsThatPlaceAtTheSameMomentLoseNoTurn() throws InterruptedException {
        int members = 5;
        int each = 20_000;
        Upstream upstream = upstream(new Group("test", LOOPS), ones(members));
        AtomicInteger nobody = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < LOOPS; t++) {
            int loop = t;
            threads.add(new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    if (candidates(upstream, loop).next() == null) {
                        nobody.incrementAndGet();
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(0, nobody.get());
        assertEquals((long) LOOPS * each, upstream.group().turn(0), "every connection was counted");
    }

    /** A list may have nobody in it. */
    @Test
    void nobodyToTry() {
        for (Balance policy : Balance.values()) {
            Upstream upstream = upstream(Balancing.DEFAULTS.withPolicy(policy), new Group("test", 1));
            assertEquals(List.of(), all(candidates(upstream, 0)));
            assertFalse(upstream.isUp());
            assertFalse(upstream.hasRoom());
        }
    }

    /** Its host has no address yet. */
    @Test
    void aMemberWithoutAddressesIsPassedOver() {
        Group group = new Group("test", 1);
        Upstream.Member none = new Upstream.Member("none", List.of(), 1, false);
        Upstream.Member one = member(group, 1);
        for (Balance policy : Balance.values()) {
            Balancing balancing = Balancing.DEFAULTS.withPolicy(policy);
            Upstream upstream =
                    new Upstream(group, List.of(none, one, none), balancing, TcpSettings.DEFAULTS, WhenDown.REFUSE);
            for (int i = 0; i < 5; i++) {
                assertEquals(one.endpoints(), all(candidates(upstream, 0)));
            }
            Upstream nobody = new Upstream(group, List.of(none), balancing, TcpSettings.DEFAULTS, WhenDown.REFUSE);
            Candidates candidates = candidates(nobody, 0);
            assertNull(candidates.next());
            assertEquals(Candidates.Outcome.DOWN, candidates.outcome());
            assertFalse(nobody.isUp());
        }
    }

    /** It would not hear of what becomes of it. */
    @Test
    void anEndpointOfAnotherGroupIsRefused() {
        Upstream.Member stranger = new Upstream.Member(List.of(new Endpoint("test", Net.LOOPBACK, 1)));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Upstream(
                        new Group("test", 1),
                        List.of(stranger),
                        Balancing.DEFAULTS,
                        TcpSettings.DEFAULTS,
                        WhenDown.REFUSE));
    }

    @Test
    void whatWasGivenAtTheBeginningIsKept() {
        Group group = new Group("test", 1);
        Endpoint first = new Endpoint(group, Net.LOOPBACK);
        List<Endpoint> endpoints = new ArrayList<>(List.of(first));
        List<Upstream.Member> members = new ArrayList<>(List.of(new Upstream.Member(endpoints)));
        Upstream upstream = new Upstream(group, members, Balancing.DEFAULTS, TcpSettings.DEFAULTS, WhenDown.REFUSE);
        endpoints.clear();
        members.clear();
        assertEquals(List.of(first), all(candidates(upstream, 0)));
    }
}
