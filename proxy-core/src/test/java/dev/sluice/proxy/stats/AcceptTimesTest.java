package dev.sluice.proxy.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AcceptTimesTest {
    private final AtomicLong stepped = new AtomicLong();
    private final AcceptTimes times = new AcceptTimes(() -> System.currentTimeMillis() + stepped.get());

    @Test
    void aStepIsForThoseWhoComeLater() {
        long at = System.nanoTime();
        byte before = times.present();
        long then = times.millis(before, at);
        assertTrue(Math.abs(then - System.currentTimeMillis()) < 5000, () -> "not now: " + then);
        for (int i = 1; i <= 255; i++) {
            stepped.set(i * 3_600_000L);
            byte after = times.present();
            assertTrue(Math.abs(times.millis(after, at) - then - i * 3_600_000L) < 5000, "the step is not seen");
            assertEquals(after, times.present());
            assertEquals(then, times.millis(before, at));
        }
    }

    @Test
    void allThatIsToldOfASessionHasOneTime() {
        long now = System.nanoTime();
        SessionRecord record = new SessionRecord(
                1, new Address.V4(0x7f000001, 1), new SessionRecord.Common("in", "db", RelayMode.COPY), now);
        Set<Long> told = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            told.add(record.snapshot(now + i * 300_000L, 0, 0, 0).startMillis());
        }
        assertEquals(1, told.size(), told::toString);
        assertTrue(Math.abs(told.iterator().next() - System.currentTimeMillis()) < 5000, told::toString);
    }

    @Test
    void errnosAreKept() {
        SessionRecord record = new SessionRecord(
                1, new Address.V4(0x7f000001, 1), new SessionRecord.Common("in", "db", RelayMode.COPY), 0);
        for (int errno : new int[] {0, Errno.ECONNRESET, 133}) {
            record.because(EndCause.CLIENT_RESET, errno);
            assertEquals(errno, record.end(0, 0, 0, 0, null).errno());
        }
    }
}
