package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Endpoint.State;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who gets how many of 100,000 connections, by each policy. */
class BalancerTest {
    private static final int PICKS = 100_000;
    private static final int LOOPS = 4;

    private static Servers servers(Balance policy, int... weights) {
        return new Servers(LOOPS, 42).policy(policy).weights(weights);
    }

    /** Each within so much of its share, as a fraction of all. */
    private static void assertShares(double slack, int[] picks, double... weights) {
        double total = Arrays.stream(weights).sum();
        int all = Arrays.stream(picks).sum();
        for (int i = 0; i < picks.length; i++) {
            assertEquals(weights[i] / total, (double) picks[i] / all, slack, Arrays.toString(picks));
        }
    }

    @Test
    void roundRobinIsExactInEveryCycle() {
        Servers servers = servers(Balance.ROUND_ROBIN, 5, 1, 3, 1);
        for (int cycle = 0; cycle < PICKS / 10; cycle++) {
            assertArrayEquals(new int[] {5, 1, 3, 1}, servers.picks(10));
        }
    }

    /** Not on the neighbour in the list. */
    @Test
    void roundRobinSpreadsByWeightWhatOneThatIsDownWouldHave() {
        Servers servers = servers(Balance.ROUND_ROBIN, 4, 2, 1, 1);
        servers.endpoint(1).state(State.DOWN);
        assertArrayEquals(new int[] {4000, 0, 1000, 1000}, servers.picks(6000));
        servers.endpoint(0).state(State.DRAIN);
        assertArrayEquals(new int[] {0, 0, 500, 500}, servers.picks(1000));
        servers.endpoint(0).state(State.UP);
        servers.endpoint(1).state(State.UP);
        assertArrayEquals(new int[] {4000, 2000, 1000, 1000}, servers.picks(8000));
    }

    @Test
    void roundRobinSpreadsByWeightWhatOneThatIsFullWouldHave() {
        Servers servers = servers(Balance.ROUND_ROBIN, 4, 4, 2, 1);
        servers.endpoint(0).maxSessions(1);
        assertTrue(servers.endpoint(0).claim());
        assertShares(0.01, servers.picks(PICKS), 0, 4, 2, 1);
    }

    /** One that refuses, and is not known to be down, must not double the load of the one behind it. */
    @Test
    void theSecondChoiceOfRoundRobinIsByWeight() {
        Servers servers = servers(Balance.ROUND_ROBIN, 1, 3, 2, 1);
        int[] seconds = new int[4];
        int firsts = 0;
        for (int i = 0; i < PICKS; i++) {
            Candidates candidates = servers.candidates(0);
            if (servers.indexOf(candidates.next()) == 0) {
                firsts++;
                seconds[servers.indexOf(candidates.next())]++;
            }
        }
        assertTrue(firsts > PICKS / 10);
        assertShares(0.02, seconds, 0, 3, 2, 1);
    }

    @Test
    void leastSessionsKeepsThemInProportion() {
        Servers servers = servers(Balance.LEAST_SESSIONS, 1, 2, 5);
        for (int i = 0; i < PICKS; i++) {
            servers.open(i % LOOPS);
            for (int m = 0; m < 3; m++) {
                double sessions = servers.endpoint(m).sum(Count.SESSIONS);
                assertEquals(new double[] {1, 2, 5}[m] * (i + 1) / 8, sessions, 5, "after " + i);
            }
        }
    }

    @Test
    void leastSessionsGoesToWhoeverLosesThem() {
        Servers servers = servers(Balance.LEAST_SESSIONS, 1, 1, 1);
        for (int i = 0; i < 300; i++) {
            servers.open(0);
        }
        servers.endpoint(1).count(3, Count.SESSIONS, -50); // ended on another loop than they began on
        for (int i = 0; i < 50; i++) {
            assertEquals(1, servers.open(2));
        }
        assertArrayEquals(new int[] {10, 10, 10}, servers.picks(30));
    }

    @Test
    void leastSessionsGoesRoundByWeightAmongTheIdle() {
        assertArrayEquals(
                new int[] {10_000, 20_000, 70_000},
                servers(Balance.LEAST_SESSIONS, 1, 2, 7).picks(PICKS));
    }

    @Test
    void randomTwoIsByWeightAmongTheIdle() {
        // Of equals the first that is drawn is taken, and that is drawn by weight.
        assertShares(0.01, servers(Balance.RANDOM_TWO, 1, 2, 7).picks(PICKS), 1, 2, 7);
        assertShares(0, servers(Balance.RANDOM_TWO, 3).picks(1000), 1);
    }

    /** What makes it better than a draw: of 100,000 sessions over ten, a draw leaves the busiest some 250 above the average. */
    @Test
    void randomTwoKeepsSessionsAlmostEven() {
        Servers servers = servers(Balance.RANDOM_TWO, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        for (int i = 0; i < PICKS; i++) {
            servers.open(i % LOOPS);
        }
        for (int m = 0; m < servers.size(); m++) {
            assertEquals(PICKS / 10.0, (double) servers.endpoint(m).sum(Count.SESSIONS), 20);
        }
    }

    @Test
    void randomTwoKeepsSessionsInProportion() {
        Servers servers = servers(Balance.RANDOM_TWO, 1, 2, 5);
        int[] opened = new int[3];
        for (int i = 0; i < PICKS; i++) {
            opened[servers.open(i % LOOPS)]++;
        }
        assertShares(0.01, opened, 1, 2, 5);
    }

    private static int[] byClient(Servers servers, int clients) {
        int[] chosen = new int[clients];
        for (int i = 0; i < clients; i++) {
            chosen[i] = servers.pick(i % LOOPS, Servers.client(i));
        }
        return chosen;
    }

    private static int[] counts(int[] chosen, int members) {
        int[] counts = new int[members];
        for (int member : chosen) {
            counts[member]++;
        }
        return counts;
    }

    @Test
    void sourceHashIsByWeight() {
        assertShares(0.01, counts(byClient(servers(Balance.SOURCE_HASH, 1, 2, 4, 1, 2), PICKS), 5), 1, 2, 4, 1, 2);
    }

    @Test
    void removingOneOfFiveMovesOnlyItsClients() {
        for (int gone = 0; gone < 5; gone++) {
            int[] before = byClient(servers(Balance.SOURCE_HASH, 1, 1, 1, 1, 1), PICKS / 5);
            Servers servers = servers(Balance.SOURCE_HASH, 1, 1, 1, 1, 1);
            int[] down = new int[0];
            for (boolean removed : new boolean[] {false, true}) {
                if (removed) {
                    servers.without(gone);
                } else {
                    servers.endpoint(gone).state(State.DOWN);
                }
                int[] after = byClient(servers, PICKS / 5);
                for (int i = 0; i < before.length; i++) {
                    int same = removed && after[i] >= gone ? after[i] + 1 : after[i];
                    after[i] = same;
                    if (before[i] != gone) {
                        assertEquals(before[i], same, "client " + i);
                    }
                }
                if (removed) {
                    assertArrayEquals(down, after, "down or removed, it is the same");
                }
                down = after;
            }
            // And those that had to move are spread over all others.
            int[] moved = new int[5];
            for (int i = 0; i < before.length; i++) {
                if (before[i] == gone) {
                    moved[down[i]]++;
                }
            }
            for (int m = 0; m < 5; m++) {
                assertEquals(m == gone ? 0 : 1000, moved[m], 150, Arrays.toString(moved));
            }
        }
    }

    @Test
    void aWeightMovesOnlyWhatItGivesOrGets() {
        int[] before = byClient(servers(Balance.SOURCE_HASH, 4, 4, 4), PICKS);
        Servers servers = servers(Balance.SOURCE_HASH, 4, 4, 4);
        servers.endpoint(1).weightPercent(50);
        int[] after = byClient(servers, PICKS);
        for (int i = 0; i < PICKS; i++) {
            assertTrue(before[i] == after[i] || before[i] == 1, "client " + i);
        }
        assertShares(0.01, counts(after, 3), 4, 2, 4);
    }

    /** Whatever the order of the endpoints is, however many loops there are, and what was drawn before. */
    @Test
    void sourceHashIsTheSameOnEveryInstance() {
        Seeds.each(20, seed -> {
            Servers one = servers(Balance.SOURCE_HASH, 1, 3, 2, 1, 256);
            Servers other = new Servers(1, seed)
                    .policy(Balance.SOURCE_HASH)
                    .weights(1, 3, 2, 1, 256)
                    .shuffle(new Random(seed));
            for (int i = 0; i < 1000; i++) {
                Address client = Servers.client(i);
                assertEquals(
                        one.endpoint(one.pick(i % LOOPS, client)).address(),
                        other.endpoint(other.pick(0, client)).address());
            }
        });
    }

    /** Fixed for good: another release beside this one must not move anybody. */
    @Test
    void sourceHashDoesNotChangeFromReleaseToRelease() {
        Servers servers = servers(Balance.SOURCE_HASH, 1, 1, 1, 1, 1);
        StringBuilder chosen = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            chosen.append(servers.pick(0, Servers.client(i)));
        }
        assertEquals("44134143232244301413", chosen.toString());
    }

    @Test
    void aClientIsAnAddressWithoutAPort() {
        Servers servers = servers(Balance.SOURCE_HASH, 1, 1, 1, 1, 1, 1, 1);
        for (int i = 0; i < 100; i++) {
            int four = 0xc0a80000 + i;
            int wanted = servers.pick(0, new Address.V4(four, 1));
            assertEquals(wanted, servers.pick(1, new Address.V4(four, 65535)));
            assertEquals(wanted, servers.pick(0, new Address.V6(0, 0xffff_0000_0000L | (four & 0xffff_ffffL), 0, 9)));
            int six = servers.pick(0, new Address.V6(0x20010db8L << 32, i, 0, 1));
            assertEquals(six, servers.pick(1, new Address.V6(0x20010db8L << 32, i, 0, 2)));
            assertEquals(
                    servers.pick(0, Address.Unix.UNNAMED), servers.pick(1, new Address.Unix("@" + i)), "all are one");
        }
    }

    /** The second choice of a client is the one that it would have without the first: always the same. */
    @Test
    void theOthersOfSourceHashComeInTheOrderOfTheClient() {
        Servers servers = servers(Balance.SOURCE_HASH, 1, 2, 3, 4).retries(3);
        for (int i = 0; i < 100; i++) {
            List<Endpoint> order = Servers.all(servers.upstream().candidates(0, Servers.client(i)));
            assertEquals(4, order.size());
            assertEquals(order, Servers.all(servers.upstream().candidates(3, Servers.client(i))));
            order.getFirst().state(State.DOWN);
            assertEquals(order.subList(1, 4), Servers.all(servers.upstream().candidates(1, Servers.client(i))));
            order.getFirst().state(State.UP);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPercentageIsRespected(Balance policy) {
        Servers servers = servers(policy, 2, 2);
        servers.endpoint(1).weightPercent(50);
        int[] shares = new int[2];
        for (int i = 0; i < PICKS; i++) {
            int chosen = servers.pick(i % LOOPS, Servers.client(i));
            servers.endpoint(chosen).count(0, Count.SESSIONS, 1);
            shares[chosen]++;
        }
        assertShares(0.01, shares, 2, 1);
        servers.endpoint(1).weightPercent(0);
        for (int i = 0; i < 1000; i++) {
            assertEquals(0, servers.pick(0, Servers.client(i)));
        }
        servers.endpoint(0).weightPercent(0);
        Candidates nobody = servers.candidates(0);
        assertEquals(List.of(), Servers.all(nobody));
        assertEquals(Candidates.Outcome.DOWN, nobody.outcome());
    }

    @ParameterizedTest
    @EnumSource
    void weightNoneIsNoSession(Balance policy) {
        Servers servers = servers(policy, 0, 1, 0, 2);
        for (int i = 0; i < 1000; i++) {
            List<Endpoint> given = Servers.all(servers.upstream().candidates(0, Servers.client(i)));
            assertEquals(2, given.size());
            assertTrue(given.contains(servers.endpoint(1)) && given.contains(servers.endpoint(3)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void backupsAreUsedWhenNobodyElseIs(Balance policy) {
        Servers servers = servers(policy, 1, 1).backups(1, 3).retries(9);
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 500; i++) {
            servers.endpoint(0).state(random.nextBoolean() ? State.UP : State.DOWN);
            servers.endpoint(1).maxSessions(random.nextInt(2)); // of which there is one, if there is a limit
            boolean full = servers.endpoint(1).maxSessions() == 1;
            if (full) {
                assertTrue(servers.endpoint(1).claim());
            }
            List<Endpoint> given = Servers.all(servers.upstream().candidates(0, Servers.client(i)));
            int first = (servers.endpoint(0).state() == State.UP ? 1 : 0) + (full ? 0 : 1);
            for (int g = 0; g < given.size(); g++) {
                assertEquals(g >= first, servers.indexOf(given.get(g)) >= 2, given::toString);
            }
            assertEquals(first + 2, given.size());
            if (full) {
                servers.endpoint(1).giveBack();
            }
        }
    }
}
