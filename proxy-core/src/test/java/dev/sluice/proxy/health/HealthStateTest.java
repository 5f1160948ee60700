package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.testkit.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Up and down by rise and fall, also against a model that looks at the whole history each time. */
class HealthStateTest {
    @Test
    void fallsAfterSoManyFailuresInARowAndRisesAfterSoManySuccesses() {
        HealthState state = new HealthState(2, 3, true);
        assertFalse(state.checked(false));
        assertFalse(state.checked(false));
        assertTrue(state.isUp());
        assertTrue(state.checked(false));
        assertFalse(state.isUp());
        assertFalse(state.checked(true));
        assertFalse(state.isUp());
        assertTrue(state.checked(true));
        assertTrue(state.isUp());
    }

    @Test
    void oneResultForTheStateBeginsTheCountAnew() {
        HealthState state = new HealthState(2, 2, true);
        assertFalse(state.checked(false));
        assertFalse(state.checked(true));
        assertFalse(state.checked(false));
        assertTrue(state.checked(false));
    }

    @Test
    void whatStartsDownNeedsItsSuccesses() {
        HealthState state = new HealthState(2, 1, false);
        assertFalse(state.checked(true));
        assertFalse(state.isUp());
        assertTrue(state.checked(true));
    }

    @Test
    void anotherCheckCountsFromNought() {
        HealthState state = new HealthState(2, 2, true);
        state.checked(false);
        state.restart();
        assertFalse(state.checked(false));
        assertTrue(state.checked(false));
    }

    /** The state is that of the last run of equal results that was long enough, and else the first one. */
    @Test
    void isWhatAModelSays() {
        Seeds.each(200, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            int rise = random.nextInt(1, 5);
            int fall = random.nextInt(1, 5);
            boolean start = random.nextBoolean();
            double good = random.nextDouble();
            HealthState state = new HealthState(rise, fall, start);
            List<Boolean> history = new ArrayList<>();
            boolean before = start;
            for (int i = 0; i < 200; i++) {
                if (random.nextInt(40) == 0) {
                    before = random.nextBoolean();
                    state.set(before);
                    start = before;
                    history.clear();
                }
                boolean passed = random.nextDouble() < good;
                history.add(passed);
                boolean changed = state.checked(passed);
                boolean expected = model(history, rise, fall, start);
                assertEquals(expected, state.isUp(), () -> history.toString());
                assertEquals(expected != before, changed);
                before = expected;
            }
        });
    }

    private static boolean model(List<Boolean> history, int rise, int fall, boolean start) {
        for (int end = history.size(); end > 0; end--) {
            if (isRun(history, end, rise, true)) {
                return true;
            }
            if (isRun(history, end, fall, false)) {
                return false;
            }
        }
        return start;
    }

    private static boolean isRun(List<Boolean> history, int end, int length, boolean of) {
        return end >= length && Collections.frequency(history.subList(end - length, end), of) == length;
    }
}
