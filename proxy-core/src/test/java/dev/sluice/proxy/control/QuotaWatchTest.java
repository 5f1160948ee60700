package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sluice.proxy.cpu.CpuQuota;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Looks every second of the test's own time. */
class QuotaWatchTest {
    private static final long SECOND = 1_000_000_000;

    private final LoopStats loop = new LoopStats();
    private final List<Boolean> withheld = new ArrayList<>();
    private CpuQuota.Reading reading = new CpuQuota.Reading(2, 0, 0);
    private int asked;
    private long now;
    private final QuotaWatch watch = new QuotaWatch(this::ask, withheld::add, List.of(loop));

    private CpuQuota.Reading ask() {
        asked++;
        return reading;
    }

    private void look(CpuQuota.Reading next) {
        reading = next;
        now += SECOND;
        watch.look(now);
    }

    private void spun() {
        loop.increment(Counter.SPIN_HITS);
    }

    @Test
    void withoutAThreadNobodySpins() {
        assertFalse(watch.start(run -> {
            throw new OutOfMemoryError("on purpose");
        }));
        assertEquals(List.of(true), withheld);
    }

    @Test
    void nobodyIsAskedWhileNobodySpins() {
        look(reading);
        assertEquals(0, asked);
        spun();
        look(reading);
        assertEquals(1, asked);
        look(reading);
        assertEquals(1, asked);
        assertEquals(List.of(false), withheld);
    }

    @Test
    void whoIsThrottledDoesNotSpinUntilItIsNotAnyMore() {
        spun();
        look(new CpuQuota.Reading(2, 7, -1));
        spun();
        look(new CpuQuota.Reading(2, 8, -1));
        look(new CpuQuota.Reading(2, 9, -1));
        look(new CpuQuota.Reading(2, 9, -1));
        assertEquals(List.of(false, true, true, false), withheld);
    }

    @Test
    void aQuotaThatIsNearlyUsedIsLeftToOthers() {
        spun();
        look(new CpuQuota.Reading(2, 0, 0));
        spun();
        look(new CpuQuota.Reading(2, 0, SECOND * 3 / 2));
        spun();
        look(new CpuQuota.Reading(2, 0, SECOND * 3 / 2 + SECOND * 17 / 10));
        assertEquals(List.of(false, false, true), withheld);
    }

    @Test
    void aQuotaThatGetsTooLowStopsAllOfThem() {
        spun();
        look(new CpuQuota.Reading(0.5, 0, -1));
        look(new CpuQuota.Reading(Double.POSITIVE_INFINITY, 0, -1));
        assertEquals(List.of(true, false), withheld);
    }
}
