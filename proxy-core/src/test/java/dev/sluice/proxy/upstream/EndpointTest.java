package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
