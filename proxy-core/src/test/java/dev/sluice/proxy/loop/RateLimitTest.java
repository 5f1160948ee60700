package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RateLimitTest {
    @Test
    void letsOneThroughInEachInterval() {
        for (long start : new long[] {0, Long.MAX_VALUE - 5, Long.MIN_VALUE}) {
            RateLimit limit = new RateLimit(10);
            assertTrue(limit.passes(start), "the first");
            assertFalse(limit.passes(start));
            assertFalse(limit.passes(start + 9));
            assertTrue(limit.passes(start + 10));
            assertFalse(limit.passes(start + 19));
            assertTrue(limit.passes(start + 1000));
        }
    }
}
