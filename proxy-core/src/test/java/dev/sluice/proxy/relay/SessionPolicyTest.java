package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.testkit.Net;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionPolicyTest {
    private static final long HOUR = 3_600_000_000_000L;

    /** Of sessions that begin together, on whichever loop, about as many end in any part of the time in which they may. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 255})
    void agesAreSpreadEvenly(int loop) {
        SessionPolicy policy =
                new SessionPolicy("test", RelayMode.SPLICE, 0, 0, 1, 0, HOUR, false, 0, TcpSettings.DEFAULTS);
        SessionId.Source ids = new SessionId.Source(loop);
        int[] parts = new int[10];
        long begun = 1_000_000_000;
        for (int i = 0; i < 1000; i++) {
            SessionRecord record = new SessionRecord(
                    ids.next(), Net.LOOPBACK, new SessionRecord.Common("test", null, RelayMode.SPLICE), -1_000_000);
            record.connected(Net.LOOPBACK, begun);
            assertTrue(Math.abs(begun - record.connectedAt()) < 2000, "to the microsecond");
            double age = (policy.ageLimit(record) - begun) / (double) HOUR;
            assertTrue(age > 0.8999 && age < 1.1001, () -> "at an age of " + age);
            parts[Math.clamp((long) ((age - 0.9) * 50), 0, 9)]++;
        }
        for (int part : parts) {
            assertTrue(part > 80 && part < 120, () -> part + " of a thousand");
        }
    }
}
