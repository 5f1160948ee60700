package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a loop spins, played with a clock of the test's. */
class SpinBudgetTest {
    private static final long LONGEST = 100_000;
    private static final long SECOND = 1_000_000_000;
    /** What a sleep and the wake-up take on top of the wait. */
    private static final long WAKE_UP = 40_000;

    private static final long TURN = 5_000;
    /** What one look at epoll takes: a spin may be longer by that. */
    private static final long LOOK = 1_000;

    private record Miss(long at, long nanos) {}

    private final SpinBudget budget = new SpinBudget(LONGEST, 0);
    private final Deque<Miss> lastSecond = new ArrayDeque<>();
    private long now;
    private long hits;
    private long misses;
    private long inVain;
    private long mostInVain;

    /** A turn, after which events come in so many nanoseconds. */
    private void turn(long wait) {
        long before = now;
        now += TURN;
        long events = now + wait;
        long length = budget.isTrying() ? budget.length(now) : 0;
        if (length > 0 && wait <= length) {
            now = events;
            hits++;
            budget.hit();
        } else {
            if (length > 0) {
                miss(length + LOOK);
            }
            now = Math.max(now, events) + WAKE_UP;
        }
        budget.waited(now - before, now);
    }

    private void miss(long took) {
        now += took;
        misses++;
        budget.missed(took, now);
        lastSecond.add(new Miss(now, took));
        inVain += took;
        while (lastSecond.getFirst().at() <= now - SECOND) {
            inVain -= lastSecond.removeFirst().nanos();
        }
        mostInVain = Math.max(mostInVain, inVain);
    }

    private void turns(int count, long wait) {
        for (int i = 0; i < count; i++) {
            turn(wait);
        }
    }

    @Test
    void peersThatAnswerAtOnceAreSpunForAfterAFewWaits() {
        turns(SpinBudget.FEWEST, 30_000);
        assertEquals(0, hits);
        turns(1_000, 30_000);
        assertEquals(1_000, hits);
        assertEquals(0, misses);
    }

    @ParameterizedTest
    @ValueSource(longs = {200_000, 1_000_000, 100_000_000, 60_000_000_000L})
    void longWaitsAreNeverSpun(long wait) {
        turns(10_000, wait);
        assertEquals(0, hits + misses);
    }

    /** A request and its answer each millisecond: every other wait is short, and that is not enough. */
    @Test
    void aThousandRequestsASecondOnOneConnectionAreNotSpunFor() {
        for (int i = 0; i < 10_000; i++) {
            turns(3, 30_000);
            turn(800_000);
        }
        assertEquals(0, hits + misses);
    }

    @Test
    void aLongWaitEndsItAtOnceAndForAFewWaits() {
        turns(1_000, 30_000);
        turn(1_000_000);
        long so = hits + misses;
        for (int i = 0; i < SpinBudget.OUTWEIGHED; i++) {
            assertFalse(budget.isTrying());
            turn(30_000);
        }
        assertEquals(so, hits + misses);
        assertTrue(budget.isTrying());
    }

    /** Of five waits one is long: what the others gain it takes. */
    @Test
    void whereEveryFifthWaitIsLongNothingIsSpunFor() {
        for (int i = 0; i < 10_000; i++) {
            turns(SpinBudget.OUTWEIGHED, 30_000);
            turn(800_000);
        }
        assertEquals(0, hits + misses);
    }

    /** It takes four that find something to make up for one that does not. */
    @Test
    void fewHitsAreWorthNoMisses() {
        turns(SpinBudget.FEWEST, 30_000);
        while (budget.isTrying() && misses < 1_000) {
            turns(SpinBudget.WORTH - 1, 30_000);
            turn(LONGEST + 10_000);
        }
        assertTrue(
                misses > SpinBudget.PATIENCE && misses <= SpinBudget.PATIENCE * SpinBudget.WORTH,
                () -> misses + " misses");
    }

    @Test
    void enoughHitsMakeUpForMisses() {
        turns(SpinBudget.FEWEST, 30_000);
        for (int i = 0; i < 1_000; i++) {
            turns(2 * SpinBudget.WORTH, 30_000);
            turn(LONGEST + 10_000);
            assertTrue(budget.isTrying());
        }
        assertTrue(hits > 1_000, () -> hits + " hits"); // no more misses than the account pays for
    }

    /** Waits that look as if spinning paid, and are always a little longer: attempts get rare. */
    @Test
    void attemptsThatFailGetRare() {
        while (now < 20 * SECOND) {
            turn(LONGEST + 10_000);
        }
        assertEquals(0, hits);
        // 1 ms, 2, 4 … 1024 take two seconds; then there is one each two seconds.
        assertTrue(misses >= 18 * SpinBudget.PATIENCE && misses <= 21 * SpinBudget.PATIENCE, () -> misses + " misses");
    }

    /** After all of that, peers that answer at once are found again within two seconds, and what failed is forgotten. */
    @Test
    void itIsLearnedAgain() {
        while (now < 20 * SECOND) {
            turn(LONGEST + 10_000);
        }
        hits = 0;
        long until = now + SpinBudget.LONGEST_REST_NANOS + 10_000_000;
        while (now < until) {
            turn(30_000);
        }
        assertTrue(hits > 0);
        turns(SpinBudget.FORGIVEN, 30_000);
        turns(SpinBudget.PATIENCE, LONGEST + 10_000);
        assertFalse(budget.isTrying());
        until = now + 2 * SpinBudget.SHORTEST_REST_NANOS;
        while (now < until) {
            turn(30_000);
        }
        assertTrue(budget.isTrying());
    }

    @Test
    void whoFailsForAnotherReasonRestsAsWell() {
        turns(SpinBudget.FEWEST, 30_000);
        budget.fail(now);
        assertFalse(budget.isTrying());
        long so = hits;
        turns(10, 30_000);
        assertEquals(so, hits);
        turns(100, 30_000);
        assertTrue(hits > so);
    }

    /** Whatever comes: never more than a tenth of a second within any second. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void noTrafficMakesItLoseMoreThanItMay(long seed) {
        Random random = new Random(seed);
        long[] waits = {0, 1_000, 20_000, LONGEST, LONGEST + 1, 70_000, 110_000, 150_000, 1_000_000, 3_000_000_000L};
        long end = 20 * SECOND;
        while (now < end) {
            // The same for some time, then something else.
            long wait = waits[random.nextInt(waits.length - (random.nextInt(50) == 0 ? 0 : 2))];
            turns(1 + random.nextInt(random.nextInt(10) == 0 ? 2_000 : 10), wait);
        }
        assertWithinBounds();
    }

    /** The worst that traffic can do: it lets spins hit until the account is full, and then makes each as dear as it can be. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 8, 64})
    void norDoesWhoKnowsItsRules(int hitsBetween) {
        turns(SpinBudget.FEWEST, 30_000);
        while (now < 20 * SECOND) {
            turns(hitsBetween, 1_000);
            // Events come just when it has given up, and while they are short it tries again.
            turn(budget.isTrying() ? LONGEST + LOOK : 1_000);
        }
        assertWithinBounds();
        assertTrue(misses > 0);
    }

    private void assertWithinBounds() {
        assertTrue(mostInVain <= SECOND / 10, () -> mostInVain + " ns of a second in vain");
    }

    /** The process was stopped in a spin, say: that was no processor's time. */
    @Test
    void oneSpinThatTookForEverIsSoonMadeUpFor() {
        turns(SpinBudget.FEWEST, 30_000);
        budget.missed(60 * SECOND, now);
        assertEquals(0, budget.length(now + SECOND / 5));
        assertEquals(LONGEST, budget.length(now + SECOND / 2));
    }

    /** Nor does it take longer when nobody asks in between. */
    @Test
    void theAccountIsFilledByOneLongPause() {
        budget.missed(60 * SECOND, now);
        assertEquals(LONGEST, budget.length(now + SECOND));
        budget.missed(SpinBudget.RESERVE_NANOS - LONGEST, now);
        assertEquals(LONGEST, budget.length(now + SECOND), "it was full");
    }

    @Test
    void aClockThatStandsStillOrLeapsDoesNoHarm() {
        turns(SpinBudget.FEWEST, 30_000);
        assertEquals(LONGEST, budget.length(now));
        assertEquals(LONGEST, budget.length(now));
        assertEquals(LONGEST, budget.length(now - SECOND));
        assertEquals(LONGEST, budget.length(now + Long.MAX_VALUE / 2));
        budget.missed(SpinBudget.RESERVE_NANOS, now);
        assertEquals(0, budget.length(now + Long.MAX_VALUE / 2));
        assertTrue(budget.length(now + Long.MAX_VALUE / 2 + SECOND) > 0);
    }
}
