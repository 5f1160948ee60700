package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.proxy.stats.PathSnapshot;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.upstream.Endpoint.Count;
import org.junit.jupiter.api.Test;

class EndpointTest {
    @Test
    void beginsUpWithNothingCounted() {
        Endpoint endpoint = new Endpoint("db", Net.LOOPBACK, 4);
        assertEquals(Endpoint.State.UP, endpoint.state());
        for (Count what : Count.values()) {
            assertEquals(0, endpoint.sum(what));
        }
        assertEquals("db/127.0.0.1:0", endpoint.toString());
    }

    @Test
    void everyLoopCountsForItselfAndAllAreSummed() {
        int loops = 4;
        Endpoint endpoint = new Endpoint("db", Net.LOOPBACK, loops);
        for (int loop = 0; loop < loops; loop++) {
            endpoint.count(loop, Count.SESSIONS, 1);
            endpoint.count(loop, Count.CONNECTED, 10);
            endpoint.count(loop, Count.FAILURES, 100L << loop);
        }
        endpoint.count(2, Count.SESSIONS, -1);
        assertEquals(3, endpoint.sum(Count.SESSIONS));
        assertEquals(40, endpoint.sum(Count.CONNECTED));
        assertEquals(1500, endpoint.sum(Count.FAILURES));
    }

    /** The recent round-trip time is the mean of what came since it was settled last. */
    @Test
    void whatWasMeasured() {
        Endpoint endpoint = new Endpoint("db", Net.LOOPBACK, 2);
        assertEquals(PathSnapshot.NONE, endpoint.path());
        endpoint.measured(0, 100, 0);
        endpoint.measured(1, 300, 2);
        endpoint.measured(1, 0, 1); // its connection has no round-trip time yet
        assertEquals(new PathSnapshot(2, 400, -1, 3), endpoint.path());
        endpoint.settlePath();
        assertEquals(200, endpoint.path().recentRttMicros());
        endpoint.measured(0, 50, 0);
        endpoint.settlePath();
        assertEquals(50, endpoint.path().recentRttMicros());
        endpoint.settlePath();
        assertEquals(new PathSnapshot(3, 450, 50, 3), endpoint.path(), "nothing new: it stays");
        long later = System.nanoTime() + Endpoint.RECENT_NANOS + 1;
        assertEquals(new PathSnapshot(3, 450, -1, 3), endpoint.path(later), "but not for ever");
    }
}
