package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Endpoint.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An endpoint that comes up again gets its share little by little. */
class SlowStartTest {
    private static final int LOOPS = 2;
    private static final long TIME = 100 * Servers.SECOND;
    private static final int PICKS = 20_000;

    private static Servers servers(Balance policy, int... weights) {
        return new Servers(LOOPS, 3).policy(policy).slowStart(TIME).weights(weights);
    }

    private static void restart(Endpoint endpoint) {
        endpoint.state(State.DOWN);
        endpoint.state(State.UP);
    }

    /** The last one's share of so many connections that stay, as a fraction; they end again. */
    private static double share(Servers servers) {
        int[] opened = new int[servers.size()];
        int[][] of = new int[servers.size()][LOOPS];
        for (int i = 0; i < PICKS; i++) {
            int member = servers.pick(i % LOOPS, Servers.client(i));
            servers.endpoint(member).count(i % LOOPS, Count.SESSIONS, 1);
            opened[member]++;
            of[member][i % LOOPS]++;
        }
        for (int m = 0; m < of.length; m++) {
            for (int loop = 0; loop < LOOPS; loop++) {
                servers.endpoint(m).count(loop, Count.SESSIONS, -of[m][loop]);
            }
        }
        return (double) opened[servers.size() - 1] / PICKS;
    }

    @ParameterizedTest
    @EnumSource
    void theWeightGrowsLinearlyFromATenth(Balance policy) {
        Servers servers = servers(policy, 1, 1, 1);
        assertEquals(1.0 / 3, share(servers), 0.02, "there is none at the beginning");
        restart(servers.endpoint(2));
        for (int percent : new int[] {0, 5, 10, 25, 50, 75, 99, 100, 200}) {
            servers.now = 1_000 * Servers.SECOND + percent * TIME / 100;
            double weight = Math.clamp(percent, Endpoint.FIRST_PERCENT, 100) / 100.0;
            assertEquals(weight / (2 + weight), share(servers), 0.02, policy + " at " + percent + "%");
        }
    }

    @Test
    void goesOnFromWhereverTheClockStands() {
        for (long start : new long[] {0, -TIME / 2, Long.MAX_VALUE - TIME / 2}) {
            Servers servers = servers(Balance.ROUND_ROBIN, 1, 1);
            servers.now = start;
            restart(servers.endpoint(1));
            servers.now += TIME / 2;
            assertEquals(1.0 / 3, share(servers), 0.01);
            servers.now += TIME / 2;
            assertEquals(0.5, share(servers), 0.001);
        }
    }

    /** Who has nothing yet is not flooded: it would have the fewest sessions for a long time. */
    @Test
    void leastSessionsGivesAFreshOneItsShareOnly() {
        Servers servers = servers(Balance.LEAST_SESSIONS, 1, 1);
        servers.endpoint(1).state(State.DOWN);
        for (int i = 0; i < 1000; i++) {
            servers.open(0);
        }
        servers.endpoint(1).state(State.UP);
        int got = 0;
        for (int i = 0; i < 1000; i++) {
            got += servers.open(i % LOOPS) == 1 ? 1 : 0;
        }
        assertEquals(190, got, 10, "a tenth of what the other one has in the end");
        servers.now += TIME;
        for (int i = 0; i < 1000; i++) {
            got += servers.open(i % LOOPS) == 1 ? 1 : 0;
        }
        assertEquals(1190, got, 10, "now it catches up");
    }

    @Test
    void onlyWhoWasDownStartsSlowly() {
        Servers servers = servers(Balance.ROUND_ROBIN, 1, 1);
        servers.endpoint(1).state(State.UP);
        servers.endpoint(1).state(State.DRAIN);
        servers.endpoint(1).state(State.UP);
        assertArrayEquals(new int[] {500, 500}, servers.picks(1000));
        servers.endpoint(1).state(State.DOWN);
        servers.endpoint(1).state(State.DRAIN);
        servers.endpoint(1).state(State.UP);
        assertEquals(1.0 / 11, share(servers), 0.01);
        servers.now += TIME / 2;
        servers.endpoint(1).state(State.UP);
        assertEquals(1.0 / 3, share(servers), 0.01, "that it is up still begins nothing anew");
    }

    @Test
    void whoIsAloneHasAllFromTheBeginning() {
        Servers servers = servers(Balance.ROUND_ROBIN, 1, 1);
        restart(servers.endpoint(1));
        servers.endpoint(0).state(State.DOWN);
        assertArrayEquals(new int[] {0, 100}, servers.picks(100));
    }

    @Test
    void itGoesTogetherWithThePercentage() {
        Servers servers = servers(Balance.ROUND_ROBIN, 1, 4);
        restart(servers.endpoint(1));
        servers.endpoint(1).weightPercent(50);
        servers.now += TIME / 2;
        assertEquals(0.5, share(servers), 0.01);
    }

    @Test
    void withoutASlowStartTheWeightIsThereAtOnce() {
        Servers servers = new Servers(LOOPS, 3).weights(1, 1);
        restart(servers.endpoint(1));
        assertArrayEquals(new int[] {50, 50}, servers.picks(100));
    }
}
