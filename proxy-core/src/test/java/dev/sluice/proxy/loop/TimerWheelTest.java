package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A clock that only the test moves. */
class TimerWheelTest {
    private static final long TICK = 1L << 20;
    private static final long MILLI = 1_000_000;
    private static final long DAY = 86_400_000 * MILLI;

    /** Near the end of what a long holds, since {@link System#nanoTime()} may be anywhere. */
    private static final long START = Long.MAX_VALUE - 1000 * DAY;

    private final List<Throwable> faults = new ArrayList<>();
    private final TimerWheel wheel = new TimerWheel(START, (timer, fault) -> faults.add(fault));
    private long now = START;

    /** Remembers when it fired. */
    private static class Bell extends Timer {
        final List<Long> rung = new ArrayList<>();

        @Override
        protected void onTimer(long at) {
            rung.add(at);
        }
    }

    private void advanceTo(long time) {
        now = time;
        wheel.advance(now);
    }

    @Test
    void firesOnceNeverEarlyAndAtMostTwoTicksLate() {
        for (long wait : new long[] {
            0, 1, TICK - 1, TICK, TICK + 1, 63 * TICK, 64 * TICK, 65 * TICK, 4096 * TICK, DAY, 30 * DAY, 300 * DAY
        }) {
            Bell bell = new Bell();
            long at = now + wait;
            wheel.schedule(bell, at);
            advanceTo(Math.max(now, at - 1));
            assertEquals(List.of(), bell.rung, () -> "early, of " + wait);
            advanceTo(at + 2 * TICK);
            assertEquals(List.of(now), bell.rung, () -> "late, of " + wait);
            advanceTo(now + 100 * TICK);
            assertEquals(1, bell.rung.size(), () -> "again, of " + wait);
        }
    }

    @Test
    void aDeadlineInThePastIsDueAtTheNextTick() {
        advanceTo(START + DAY);
        Bell bell = new Bell();
        wheel.schedule(bell, START);
        advanceTo(now + 2 * TICK);
        assertEquals(1, bell.rung.size());
    }

    @Test
    void cancelledAndMovedTimersDoNotFire() {
        Bell cancelled = new Bell();
        Bell moved = new Bell();
        Bell stays = new Bell();
        for (Bell bell : List.of(cancelled, moved, stays)) {
            wheel.schedule(bell, now + 10 * TICK);
        }
        wheel.cancel(cancelled);
        wheel.cancel(cancelled);
        wheel.schedule(moved, now + 500 * TICK);
        advanceTo(START + 20 * TICK);
        assertEquals(List.of(0, 0, 1), List.of(cancelled.rung.size(), moved.rung.size(), stays.rung.size()));
        advanceTo(START + 502 * TICK);
        assertEquals(List.of(0, 1, 1), List.of(cancelled.rung.size(), moved.rung.size(), stays.rung.size()));
    }

    @Test
    void tellsHowLongToWait() {
        assertEquals(-1, wheel.timeoutMillis(now), "for ever");
        Bell bell = new Bell();
        wheel.schedule(bell, now + 100 * MILLI);
        int millis = wheel.timeoutMillis(now);
        assertTrue(millis > 0 && millis <= 100 + 3, () -> millis + " ms");
        assertEquals(0, wheel.timeoutMillis(now + DAY), "due");
        wheel.cancel(bell);
        assertEquals(-1, wheel.timeoutMillis(now));
    }

    /** As a loop does it: who sleeps as long as it is told gets there in few steps, not in one for each tick. */
    @Test
    void wakesSeldomForWhatIsFar() {
        Bell bell = new Bell();
        long at = now + 30 * DAY;
        wheel.schedule(bell, at);
        int wakes = 0;
        while (bell.rung.isEmpty()) {
            int millis = wheel.timeoutMillis(now);
            assertTrue(millis >= 0);
            advanceTo(now + millis * MILLI);
            wakes++;
        }
        assertTrue(now >= at && now <= at + 2 * TICK + MILLI, "on time");
        assertTrue(wakes < 30 * 24 + 20, wakes + " wakes"); // an hour is the longest sleep
    }

    @Test
    void callbacksScheduleAndCancelOthersOfTheSameTick() {
        Bell victim = new Bell();
        Bell late = new Bell();
        Timer[] killers = new Timer[2];
        for (int i = 0; i < 2; i++) {
            killers[i] = new Timer() {
                @Override
                protected void onTimer(long at) {
                    wheel.cancel(killers[0]);
                    wheel.cancel(killers[1]);
                    wheel.cancel(victim);
                    wheel.schedule(late, at + 10 * TICK);
                }
            };
        }
        // Forwards or backwards, the victim is not the first.
        wheel.schedule(killers[0], now + 5 * TICK);
        wheel.schedule(victim, now + 5 * TICK);
        wheel.schedule(killers[1], now + 5 * TICK);
        advanceTo(START + 8 * TICK);
        assertEquals(List.of(), victim.rung, "cancelled by the first of the three");
        assertEquals(List.of(), late.rung);
        advanceTo(START + 25 * TICK);
        assertEquals(1, late.rung.size());
        assertEquals(-1, wheel.timeoutMillis(now), "nothing is left");
    }

    @Test
    void aTimerThatSetsItselfAnewDoesNotHoldTheClockUp() {
        int[] count = {0};
        Timer eager = new Timer() {
            @Override
            protected void onTimer(long at) {
                count[0]++;
                wheel.schedule(this, at);
            }
        };
        wheel.schedule(eager, now);
        for (int i = 1; i <= 10; i++) {
            advanceTo(START + i * 3L * TICK);
        }
        assertTrue(count[0] >= 9 && count[0] <= 10, () -> count[0] + " times");
    }

    @Test
    void aTimerThatThrowsTakesNobodyWithIt() {
        RuntimeException fault = new IllegalStateException("scripted");
        Bell before = new Bell();
        Bell after = new Bell();
        wheel.schedule(before, now + TICK);
        wheel.schedule(
                new Timer() {
                    @Override
                    protected void onTimer(long at) {
                        throw fault;
                    }
                },
                now + TICK);
        wheel.schedule(after, now + TICK);
        advanceTo(START + 4 * TICK);
        assertEquals(List.of(fault), faults);
        assertEquals(List.of(1, 1), List.of(before.rung.size(), after.rung.size()));
    }

    private List<Bell> many(int count, long at) {
        List<Bell> bells = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Bell bell = new Bell();
            bells.add(bell);
            wheel.schedule(bell, at);
        }
        return bells;
    }

    private static long rung(List<Bell> bells) {
        return bells.stream().filter(bell -> !bell.rung.isEmpty()).count();
    }

    /** A loop has events to hand out, too. */
    @Test
    void whenManyAreDueAtOnceSomeFireInEachGo() {
        long at = now + 10 * TICK;
        List<Bell> bells = many(2000, at);
        advanceTo(at + 2 * TICK);
        long before = 0;
        int goes = 1;
        while (rung(bells) < bells.size()) {
            long fired = rung(bells) - before;
            assertTrue(fired > 0 && fired <= 256, () -> fired + " in one go");
            assertEquals(0, wheel.timeoutMillis(now), "there is more to do");
            before += fired;
            goes++;
            wheel.advance(now);
        }
        assertTrue(goes >= 2000 / 256, goes + " goes");
        wheel.advance(now);
        assertEquals(-1, wheel.timeoutMillis(now));
        bells.forEach(bell -> assertEquals(1, bell.rung.size()));
    }

    /** They move down a level, a piece at a time, and fire when they should. */
    @Test
    void whenManyComeCloserAtOnceSomeMoveInEachGo() {
        long at = now + DAY;
        List<Bell> bells = many(100_000, at);
        int goes = 0;
        for (int millis = wheel.timeoutMillis(now); now + millis * MILLI - at < 0; millis = wheel.timeoutMillis(now)) {
            advanceTo(now + millis * MILLI);
            goes += millis == 0 ? 1 : 0;
        }
        assertEquals(0, rung(bells), "early");
        assertTrue(goes > 100_000 / 4096, goes + " goes"); // for each level that they pass
        // The clock goes on meanwhile, as in a loop: the later it is, the more is done.
        advanceTo(at + 2 * TICK);
        for (goes = 0; wheel.timeoutMillis(now) >= 0; goes++) {
            advanceTo(now + TICK);
        }
        bells.forEach(bell -> assertEquals(1, bell.rung.size()));
        assertTrue(goes < 2 * 100_000 / 256 / 3, goes + " goes");
    }

    /** Between two goes: those that still wait in the same slot, and those that come. */
    @Test
    void aSlotThatIsHalfEmptyCanBeChanged() {
        long at = now + DAY;
        List<Bell> bells = many(10_000, at);
        while (wheel.timeoutMillis(now) > 0) {
            advanceTo(now + wheel.timeoutMillis(now) * MILLI);
        }
        wheel.advance(now);
        assertEquals(0, wheel.timeoutMillis(now), "half empty");
        long soon = now + 3 * TICK;
        for (int i = 0; i < bells.size(); i++) {
            if (i % 3 == 0) {
                wheel.cancel(bells.get(i));
            } else if (i % 3 == 1) {
                wheel.schedule(bells.get(i), soon);
            }
        }
        while (now - at < 100 * TICK) {
            advanceTo(now + TICK);
        }
        for (int i = 0; i < bells.size(); i++) {
            List<Long> rung = bells.get(i).rung;
            int times = i % 3 == 0 ? 0 : 1;
            assertEquals(times, rung.size(), "timer " + i);
            if (times == 1) {
                long due = i % 3 == 1 ? soon : at;
                assertTrue(rung.getFirst() - due >= 0, "early");
                assertTrue(rung.getFirst() - due < 40 * TICK, () -> "late, by " + (rung.getFirst() - due));
            }
        }
        assertEquals(-1, wheel.timeoutMillis(now), "nothing is left");
    }

    /** Whoever empties the last of a slot by cancelling it leaves nothing to wait for. */
    @Test
    void aSlotThatIsCancelledWhileItIsEmptiedIsEmpty() {
        long at = now + 10 * TICK;
        List<Bell> bells = many(300, at);
        advanceTo(at + TICK);
        bells.forEach(wheel::cancel);
        wheel.advance(now);
        assertEquals(-1, wheel.timeoutMillis(now));
        Bell next = new Bell();
        wheel.schedule(next, now + TICK);
        advanceTo(now + 3 * TICK);
        assertEquals(1, next.rung.size());
    }

    /** Against a map of deadlines, with callbacks that schedule and cancel as they like. */
    @Test
    void doesWhatAMapOfDeadlinesWould() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        try {
            compare(new SplittableRandom(seed));
        } catch (AssertionError e) {
            throw new AssertionError("with -Dsluice.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private void compare(SplittableRandom random) {
        int count = 200;
        Map<Integer, Long> deadlines = new HashMap<>();
        Timer[] timers = new Timer[count];
        for (int i = 0; i < count; i++) {
            int id = i;
            timers[i] = new Timer() {
                @Override
                protected void onTimer(long at) {
                    Long deadline = deadlines.remove(id);
                    if (deadline == null) {
                        throw new AssertionError("timer " + id + " was not scheduled");
                    }
                    if (deadline - at > 0) {
                        throw new AssertionError("timer " + id + " is " + (deadline - at) + " ns early");
                    }
                    change(random, timers, deadlines);
                }
            };
        }
        for (int step = 0; step < 50_000; step++) {
            change(random, timers, deadlines);
            if (random.nextInt(3) == 0) {
                advanceTo(now + random.nextLong(1L << random.nextInt(20, 44)));
                deadlines.forEach((id, deadline) -> {
                    long late = now - deadline;
                    assertTrue(late < 2 * TICK, () -> "timer " + id + " is " + late + " ns late");
                });
                int timeout = wheel.timeoutMillis(now);
                assertEquals(deadlines.isEmpty(), timeout < 0);
            }
        }
        assertEquals(List.of(), faults);
    }

    private void change(SplittableRandom random, Timer[] timers, Map<Integer, Long> deadlines) {
        int id = random.nextInt(timers.length);
        if (random.nextInt(4) == 0) {
            wheel.cancel(timers[id]);
            deadlines.remove(id);
        } else {
            long at = now + random.nextLong(1L << random.nextInt(1, 50)) - random.nextInt(1000);
            wheel.schedule(timers[id], at);
            deadlines.put(id, at);
        }
    }
}
