package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.testkit.Seeds;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whose turn it is: as often as the weights say, and evenly spread. */
class RotationTest {
    private static String cycle(long... weights) {
        long total = Arrays.stream(weights).sum();
        Rotation rotation = new Rotation(weights, total);
        StringBuilder order = new StringBuilder();
        for (long turn = 0; turn < total; turn++) {
            order.append((char) ('a' + rotation.at(turn)));
        }
        return order.toString();
    }

    @Test
    void equalsComeInTheirOrder() {
        assertEquals("a", cycle(1));
        assertEquals("abc", cycle(1, 1, 1));
        assertEquals("abcdefghij", cycle(1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    }

    @Test
    void theLightOnesComeBetweenTheHeavyOnes() {
        assertEquals("aab", cycle(2, 1));
        assertEquals("aaabaca", cycle(5, 1, 1));
        assertEquals("adbddcdd", cycle(1, 1, 1, 5));
    }

    @Test
    void aCycleIsExactAndNobodyIsTwoTurnsAheadOrBehind() {
        Seeds.each(200, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            long[] weights = random.longs(random.nextInt(1, 12), 1, 1 + random.nextInt(1, 257))
                    .toArray();
            long total = Arrays.stream(weights).sum();
            Rotation rotation = new Rotation(weights, total);
            long[] turns = new long[weights.length];
            for (long turn = 0; turn < total; turn++) {
                turns[rotation.at(turn)]++;
                for (int i = 0; i < weights.length; i++) {
                    double due = (double) weights[i] * (turn + 1) / total;
                    assertTrue(
                            Math.abs(turns[i] - due) < 2,
                            Arrays.toString(weights) + " after " + turn + ": " + Arrays.toString(turns));
                }
            }
            assertArrayEquals(weights, turns);
        });
    }

    /** The weights of a slow start are large, and so is a cycle: any piece of it must be even. */
    @Test
    void aCycleOfAnyLengthIsEvenEverywhere() {
        long[] weights = {2_560_000, 1, 777_777, 25_600, 2_559_999, 10};
        long total = Arrays.stream(weights).sum();
        Rotation rotation = new Rotation(weights, total);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 50; i++) {
            long from = random.nextLong(total - 1000);
            long[] turns = new long[weights.length];
            for (int turn = 0; turn < 1000; turn++) {
                turns[rotation.at(from + turn)]++;
            }
            for (int m = 0; m < weights.length; m++) {
                assertTrue(Math.abs(turns[m] - 1000.0 * weights[m] / total) < 3, Arrays.toString(turns));
            }
        }
        assertEquals(0, rotation.at(0));
        assertTrue(rotation.at(total - 1) >= 0);
    }

    @Test
    void manyMembersAreExactToo() {
        long[] weights = new SplittableRandom(5).longs(500, 1, 257).toArray();
        long total = Arrays.stream(weights).sum();
        Rotation rotation = new Rotation(weights, total);
        long[] turns = new long[weights.length];
        for (long turn = 0; turn < total; turn++) {
            turns[rotation.at(turn)]++;
        }
        assertArrayEquals(weights, turns);
    }
}
