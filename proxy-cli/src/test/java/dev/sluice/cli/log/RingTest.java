package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RingTest {
    @Test
    void takesWhatItHasRoomForInOrderAgainAndAgain() {
        Ring<Integer> ring = new Ring<>(4);
        assertTrue(ring.isEmpty());
        assertNull(ring.poll());
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 4; i++) {
                assertTrue(ring.offer(i));
            }
            assertFalse(ring.offer(4));
            assertEquals(4, ring.size());
            assertEquals(0, ring.poll());
            assertTrue(ring.offer(4));
            assertFalse(ring.isEmpty());
            for (int i = 1; i <= 4; i++) {
                assertEquals(i, ring.poll());
            }
            assertNull(ring.poll());
            assertTrue(ring.isEmpty());
            assertEquals(0, ring.size());
        }
    }

    /** Each of several threads hands in numbers that count up, again until there is room. */
    @Test
    void nothingIsLostOrOutOfOrderBetweenThreads() throws Exception {
        int threads = 3;
        int each = 100_000;
        Ring<int[]> ring = new Ring<>(64);
        List<Thread> all = new ArrayList<>();
        for (int of = 0; of < threads; of++) {
            int thread = of;
            all.add(Thread.ofPlatform().daemon().start(() -> {
                for (int i = 0; i < each; i++) {
                    int[] item = {thread, i};
                    while (!ring.offer(item)) {
                        LockSupport.parkNanos(1000);
                    }
                }
            }));
        }
        int[] next = new int[threads];
        for (int taken = 0; taken < threads * each; ) {
            int[] item = ring.poll();
            if (item == null) {
                LockSupport.parkNanos(1000);
            } else {
                assertEquals(next[item[0]]++, item[1]);
                taken++;
            }
        }
        assertNull(ring.poll());
        for (Thread thread : all) {
            thread.join();
        }
    }
}
