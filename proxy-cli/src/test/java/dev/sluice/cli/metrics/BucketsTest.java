package dev.sluice.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BucketsTest {
    @Test
    void aBoundIsOfItsOwnBucket() {
        Buckets buckets = new Buckets(0.001, 0.5);
        for (long micros : new long[] {0, 1000, 1001, 500_000, 500_001, 9_000_000_000L}) {
            buckets.add(micros);
        }
        assertArrayEquals(new long[] {2, 2, 2}, buckets.counts());
        assertArrayEquals(new double[] {0.001, 0.5, Double.POSITIVE_INFINITY}, buckets.bounds());
        assertEquals(9001.002002, buckets.sumSeconds(), 1e-9);
    }

    @Test
    void asListsAndNumbers() {
        Buckets buckets = new Buckets(0.001, 0.01);
        buckets.add(1000);
        buckets.add(1001);
        buckets.add(50_000);
        assertEquals(
                Map.of("count", 3L, "seconds", 0.052001, "bounds", List.of(0.001, 0.01), "counts", List.of(1L, 1L, 1L)),
                buckets.plain());
    }
}
