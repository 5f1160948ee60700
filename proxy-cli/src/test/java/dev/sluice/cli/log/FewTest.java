package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FewTest {
    private static final long SECOND = 1_000_000_000;

    private final List<Long> told = new ArrayList<>();
    private final Few few = new Few(3, told::add);
    private final long start = System.nanoTime();

    private int passing(int count, long at) {
        int passed = 0;
        for (int i = 0; i < count; i++) {
            passed += few.passes(start + at) ? 1 : 0;
        }
        return passed;
    }

    @Test
    void soManyInASecond() {
        assertEquals(3, passing(3, 0));
        assertEquals(0, passing(100, SECOND / 2));
        assertEquals(3, passing(100, 2 * SECOND));
        assertEquals(3, passing(3, 4 * SECOND));
    }

    @Test
    void thoseThatAreHeldBackAreToldSeldom() {
        passing(10, 0);
        assertEquals(List.of(), told);
        passing(10, 2 * SECOND);
        assertEquals(List.of(7L), told, "with the next one that passes");
        passing(10, 4 * SECOND);
        passing(10, 9 * SECOND);
        assertEquals(List.of(7L), told);
        passing(1, 20 * SECOND);
        assertEquals(List.of(7L, 21L), told);
        passing(4, 20 * SECOND);
        few.close();
        assertEquals(List.of(7L, 21L, 2L), told);
        few.close();
        assertEquals(3, told.size(), "nothing is told twice");
    }

    @Test
    void afterABurstTheyAreToldWithoutAnotherOne() {
        assertEquals(0, few.tellDue(start));
        passing(2, 0);
        assertEquals(0, few.tellDue(start), "all have passed, and another one may");
        passing(1, 0);
        long left = few.tellDue(start);
        assertTrue(left > 0 && left <= SECOND, "the next one in this second will not pass");
        passing(7, 0);
        assertEquals(left, few.tellDue(start));
        assertEquals(List.of(), told);
        assertEquals(0, few.tellDue(start + left));
        assertEquals(List.of(7L), told);
        assertEquals(0, few.tellDue(start + left));

        passing(5, 3 * SECOND);
        long seldom = few.tellDue(start + 3 * SECOND);
        assertTrue(seldom > 7 * SECOND && seldom <= 9 * SECOND, "ten seconds after it was told last: " + seldom);
        assertEquals(0, few.tellDue(start + 3 * SECOND + seldom));
        assertEquals(List.of(7L, 2L), told);
    }

    @Test
    void threadsTogetherHaveNoMore() throws InterruptedException {
        Few many = new Few(100, count -> {});
        AtomicInteger passed = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int j = 0; j < 1000; j++) {
                    passed.addAndGet(many.passes(start) ? 1 : 0);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(100, passed.get());
        assertTrue(many.passes(start + 5 * SECOND));
    }
}
