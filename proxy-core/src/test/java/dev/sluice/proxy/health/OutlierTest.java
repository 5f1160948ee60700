package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.OutlierConfig;
import dev.sluice.proxy.testkit.Seeds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OutlierTest {
    private static final long SECOND = 1_000_000_000L;
    private static final OutlierConfig CONFIG = OutlierConfig.DEFAULTS; // 5 within 10 s, 30 s

    @Test
    void soManyFailuresWithinTheTimeMakeAnOutlier() {
        Outlier outlier = new Outlier(CONFIG, 100);
        assertFalse(outlier.sample(0, 100));
        assertFalse(outlier.sample(SECOND, 104));
        assertTrue(outlier.sample(11 * SECOND, 105));
        assertFalse(outlier.sample(12 * SECOND, 105), "the first four are too old by now");
        assertTrue(outlier.sample(13 * SECOND, 1000));
    }

    @Test
    void eachTimeIsTwiceAsLongUpToTenTimes() {
        Outlier outlier = new Outlier(CONFIG, 0);
        long now = 0;
        long[] lengths = {30, 60, 120, 240, 300, 300};
        for (int i = 0; i < lengths.length; i++) {
            outlier.eject(now);
            assertTrue(outlier.isEjected());
            assertEquals(lengths[i] * SECOND, outlier.length());
            assertFalse(outlier.returnsAt(now + lengths[i] * SECOND - 1));
            now += lengths[i] * SECOND;
            assertTrue(outlier.returnsAt(now));
            assertFalse(outlier.isEjected());
            assertFalse(outlier.returnsAt(now));
        }
        assertEquals(lengths.length, outlier.ejections());
    }

    @Test
    void whoWasGoodForLongBeginsAnew() {
        Outlier outlier = new Outlier(CONFIG, 0);
        outlier.eject(0);
        outlier.returnsAt(30 * SECOND);
        outlier.eject(31 * SECOND);
        outlier.returnsAt(91 * SECOND);
        outlier.eject(391 * SECOND + 1);
        assertEquals(30 * SECOND, outlier.length());
    }

    @Test
    void whatWasBeforeAnEjectionDoesNotCountAfterIt() {
        Outlier outlier = new Outlier(CONFIG, 0);
        assertTrue(outlier.sample(0, 5));
        outlier.eject(0);
        assertFalse(outlier.sample(SECOND, 9));
        outlier.returnsAt(30 * SECOND);
        assertFalse(outlier.sample(30 * SECOND, 10));
    }

    /** A model that keeps the time of each failure. */
    @Test
    void isWhatAModelSays() {
        Seeds.each(100, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            int failures = random.nextInt(1, 20);
            OutlierConfig config =
                    new OutlierConfig(failures, Duration.ofSeconds(random.nextInt(1, 20)), Duration.ofSeconds(1), 50);
            Outlier outlier = new Outlier(config, 0);
            List<Long> times = new ArrayList<>();
            long now = 0;
            for (int i = 0; i < 300; i++) {
                now += random.nextLong(3 * SECOND);
                int fresh = random.nextInt(4) == 0 ? random.nextInt(30) : random.nextInt(2);
                for (int f = 0; f < fresh; f++) {
                    times.add(now);
                }
                long from = now - config.within().toNanos();
                boolean expected = times.stream().filter(time -> time >= from).count() >= failures;
                assertEquals(expected, outlier.sample(now, times.size()));
            }
        });
    }
}
