package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.testkit.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whom a connection tries, and in what order. */
class UpstreamTest {
    private static final int LOOPS = 3;

    private int port = 1;

    private Endpoint endpoint() {
        return new Endpoint("test", new Address.V4(0x7f000001, port++), LOOPS);
    }

    private Upstream.Member member(int addresses) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < addresses; i++) {
            endpoints.add(endpoint());
        }
        return new Upstream.Member(endpoints);
    }

    /** Members with so many addresses each. */
    private Upstream upstream(Balancer balancer, int... addresses) {
        List<Upstream.Member> members = new ArrayList<>();
        for (int count : addresses) {
            members.add(member(count));
        }
        return new Upstream("test", members, balancer, TcpSettings.DEFAULTS, WhenDown.REFUSE, new UpstreamState());
    }

    private static List<Endpoint> all(Candidates candidates) {
        List<Endpoint> given = new ArrayList<>();
        for (Endpoint next = candidates.next(); next != null; next = candidates.next()) {
            given.add(next);
        }
        return given;
    }

    /** All endpoints from that member on, and round. */
    private static List<Endpoint> from(Upstream upstream, int first) {
        List<Endpoint> wanted = new ArrayList<>();
        int count = upstream.members().size();
        for (int i = 0; i < count; i++) {
            wanted.addAll(upstream.members().get((first + i) % count).endpoints());
        }
        return wanted;
    }

    @Test
    void eachOnceFromTheMemberWhoseTurnItIsAndItsAddressesTogether() {
        Upstream upstream = upstream(new Balancer(LOOPS), 1, 3, 2);
        for (int turn = 0; turn < 7; turn++) {
            Candidates candidates = upstream.candidates(turn % LOOPS);
            assertEquals(from(upstream, turn % 3), all(candidates));
            assertNull(candidates.next(), "and nobody twice");
        }
    }

    @Test
    void oneMemberAloneHasEveryTurn() {
        Upstream upstream = upstream(new Balancer(1), 1);
        for (int turn = 0; turn < 3; turn++) {
            assertEquals(upstream.members().getFirst().endpoints(), all(upstream.candidates(0)));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Endpoint.State.class,
            names = {"DOWN", "DRAIN"})
    void whoTakesNoConnectionsIsPassedOver(Endpoint.State state) {
        Upstream upstream = upstream(new Balancer(LOOPS), 2, 1, 2);
        List<Endpoint> endpoints = from(upstream, 0);
        for (int out = 0; out < endpoints.size(); out++) {
            endpoints.get(out).state(state);
            for (int turn = 0; turn < 3; turn++) {
                List<Endpoint> wanted = new ArrayList<>(from(upstream, turn));
                wanted.remove(endpoints.get(out));
                assertEquals(wanted, all(upstream.candidates(0)));
            }
            endpoints.get(out).state(Endpoint.State.UP);
        }
        endpoints.forEach(endpoint -> endpoint.state(state));
        assertNull(upstream.candidates(0).next(), "nobody is left");
    }

    /** A connection that has been trying for a while goes by what is known now. */
    @Test
    void whoGoesDownMeanwhileIsPassedOver() {
        Upstream upstream = upstream(new Balancer(1), 1, 1, 1);
        List<Endpoint> endpoints = from(upstream, 0);
        Candidates candidates = upstream.candidates(0);
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
            Balancer balancer = new Balancer(loops);
            for (int i = 0; i < 1000; i++) {
                assertEquals(i % members, balancer.first(random.nextInt(loops), members));
            }
        });
    }

    /** A configuration may have more or fewer members than the one before, and the balancer outlives it. */
    @Test
    void goesOnWhenTheNumberOfMembersChanges() {
        Balancer balancer = new Balancer(LOOPS);
        int connections = 0;
        for (int members : new int[] {5, 2, 7, 1, 3}) {
            int[] sizes = new int[members];
            Arrays.fill(sizes, 1);
            Upstream upstream = upstream(balancer, sizes);
            int first = connections % members;
            for (int i = 0; i < 2 * members + 1; i++, connections++) {
                assertEquals(from(upstream, (first + i) % members), all(upstream.candidates(i % LOOPS)));
            }
        }
    }

    /** A connection that began before the change goes on with the members that it began with. */
    @Test
    void candidatesDoNotChangeUnderWay() {
        Balancer balancer = new Balancer(1);
        Upstream before = upstream(balancer, 1, 1, 1, 1);
        Candidates candidates = before.candidates(0);
        candidates.next();
        Upstream after = upstream(balancer, 1);
        assertEquals(from(after, 0), all(after.candidates(0)));
        assertEquals(from(before, 1).subList(0, 3), all(candidates));
    }

    @Test
    void loopsThatPlaceAtTheSameMomentLoseNoTurn() throws InterruptedException {
        int members = 5;
        int each = 20_000;
        Balancer balancer = new Balancer(LOOPS);
        ConcurrentLinkedQueue<Integer> strange = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < LOOPS; t++) {
            int loop = t;
            threads.add(new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    int first = balancer.first(loop, members);
                    if (first < 0 || first >= members) {
                        strange.add(first);
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertTrue(strange.isEmpty(), strange::toString);
        assertEquals(LOOPS * each % members, balancer.first(0, members), "every connection was counted");
    }

    @Test
    void nothingToTryIsNoUpstream() {
        assertThrows(IllegalArgumentException.class, () -> new Upstream.Member(List.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Upstream(
                        "test",
                        List.of(),
                        new Balancer(1),
                        TcpSettings.DEFAULTS,
                        WhenDown.REFUSE,
                        new UpstreamState()));
    }

    @Test
    void whatWasGivenAtTheBeginningIsKept() {
        List<Endpoint> endpoints = new ArrayList<>(List.of(endpoint()));
        List<Upstream.Member> members = new ArrayList<>(List.of(new Upstream.Member(endpoints)));
        Upstream upstream = new Upstream(
                "test", members, new Balancer(1), TcpSettings.DEFAULTS, WhenDown.REFUSE, new UpstreamState());
        Endpoint first = endpoints.getFirst();
        endpoints.clear();
        members.clear();
        assertEquals(List.of(first), all(upstream.candidates(0)));
    }
}
