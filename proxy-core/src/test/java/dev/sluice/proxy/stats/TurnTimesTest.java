package dev.sluice.proxy.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TurnTimesTest {
    private static final long START = -5_000_000_000L; // nanoTime may begin anywhere
    private static final long MICRO = 1000;
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000_000_000;

    private final TurnTimes times = new TurnTimes(START);

    private long now = START;

    /** A turn, and then sleep. */
    private void turn(long took, long sleep) {
        times.turned(now, now + took);
        now += took + sleep;
    }

    private static void assertWithinAQuarter(long expected, long actual) {
        assertTrue(actual >= expected && actual <= expected * 1.25 + 256, () -> actual + " for " + expected);
    }

    @Test
    void nothingIsKnownBeforeTheFirstTurn() {
        assertEquals(TurnTimes.Recent.NONE, times.recent(now, 0));
    }

    @Test
    void quantilesAreThoseOfTheTurns() {
        for (int i = 0; i < 980; i++) {
            turn(10 * MICRO, 0);
        }
        for (int i = 0; i < 20; i++) {
            turn(500 * MICRO, 0);
        }
        turn(3 * MILLI, 0);
        TurnTimes.Recent recent = times.recent(now, 0);
        assertWithinAQuarter(10 * MICRO, recent.medianNanos());
        assertWithinAQuarter(500 * MICRO, recent.p99Nanos());
        assertEquals(3 * MILLI, recent.longestNanos(), "to the nanosecond");
        assertEquals(1001, times.turns());
        assertEquals(980 * 10 * MICRO + 20 * 500 * MICRO + 3 * MILLI, times.busyNanos());
    }

    @Test
    void everyLengthIsInABucketOfItsSize() {
        for (long took = 0; took < 4 * SECOND; took = took * 9 / 8 + 1) {
            TurnTimes one = new TurnTimes(START);
            one.turned(now, now + took);
            one.turned(now, now + 8 * SECOND); // or the longest would hide the bucket's bound
            assertWithinAQuarter(took, one.recent(now + 1, 0).medianNanos());
        }
    }

    @Test
    void whatIsLongerThanAnyBucketIsTheLongestAllTheSame() {
        turn(3600 * SECOND, 0);
        assertEquals(3600 * SECOND, times.recent(now, 0).longestNanos());
        assertEquals(1, times.recent(now, 0).busy());
    }

    @Test
    void busyIsThePartOfTheTimeInWhichItDidNotSleep() {
        for (int i = 0; i < 300; i++) {
            turn(200 * MILLI, 600 * MILLI);
        }
        assertEquals(0.25, times.recent(now, 0).busy(), 0.01);
    }

    @Test
    void whatIsMoreThanAMinuteAgoIsForgotten() {
        turn(100 * MILLI, 0);
        for (int i = 0; i < 49; i++) {
            turn(MICRO, SECOND);
            assertEquals(100 * MILLI, times.recent(now, 0).longestNanos());
        }
        for (int i = 0; i < 20; i++) {
            turn(MICRO, SECOND);
        }
        assertEquals(MICRO, times.recent(now, 0).longestNanos());
        assertEquals(70, times.turns(), "but all are counted");
    }

    /** A loop that sleeps does nothing, and so it forgets nothing by itself. */
    @Test
    void aLoopThatSleepsForLongHadNoTurns() {
        turn(100 * MILLI, 61 * SECOND);
        assertEquals(TurnTimes.Recent.NONE, times.recent(now, 0));
        turn(MICRO, 0);
        assertEquals(MICRO, times.recent(now, 0).longestNanos());
        assertTrue(times.recent(now, 0).busy() < 0.001);
    }

    /** It has counted nothing since it hangs, and would look idle. */
    @Test
    void aTurnThatIsNotOverIsOneAllTheSame() {
        for (int i = 0; i < 100; i++) {
            turn(10 * MICRO, 10 * MILLI);
        }
        now += 30 * SECOND;
        TurnTimes.Recent recent = times.recent(now, 30 * SECOND);
        assertEquals(30 * SECOND, recent.longestNanos());
        assertWithinAQuarter(10 * MICRO, recent.medianNanos());
        assertTrue(recent.busy() > 0.9, recent::toString);
        now += 300 * SECOND;
        assertEquals(1, times.recent(now, 330 * SECOND).busy());
        assertEquals(TurnTimes.Recent.NONE, times.recent(now, 0));
    }
}
