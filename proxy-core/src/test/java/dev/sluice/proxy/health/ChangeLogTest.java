package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.testkit.Net;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ChangeLogTest {
    private static final long SECOND = 1_000_000_000L;

    private final ChangeLog log = new ChangeLog("db", Net.LOOPBACK);

    @Test
    void aChangeIsToldWithItsReason() {
        log.begin("up");
        EndpointChange change = Objects.requireNonNull(log.changed(0, "down", "status 503"));
        assertEquals(new EndpointChange("db", Net.LOOPBACK, "up", "down", "status 503", 0), change);
        assertEquals("endpoint db/127.0.0.1:0 is down (was up): status 503", change.toString());
        assertNull(log.due(100 * SECOND));
    }

    @Test
    void oneThatChangesAllTheTimeIsToldOfFiveTimesAMinuteAndOfItsLastStateInTheEnd() {
        log.begin("up");
        for (int i = 0; i < 5; i++) {
            assertNotNull(log.changed(i * SECOND, i % 2 == 0 ? "down" : "up", "r" + i));
        }
        for (int i = 5; i < 12; i++) {
            assertNull(log.changed(i * SECOND, i % 2 == 0 ? "down" : "up", "r" + i));
        }
        assertTrue(log.hasUntold());
        assertNull(log.due(59 * SECOND));
        EndpointChange last = Objects.requireNonNull(log.due(60 * SECOND));
        assertEquals(new EndpointChange("db", Net.LOOPBACK, "down", "up", "r11", 6), last);
        assertNull(log.due(61 * SECOND));
        assertNotNull(log.changed(62 * SECOND, "down", "again"));
    }
}
