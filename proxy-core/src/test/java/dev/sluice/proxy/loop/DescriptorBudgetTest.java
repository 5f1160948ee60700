package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DescriptorBudgetTest {
    @Test
    void claimsAreAllOrNothing() {
        DescriptorBudget budget = new DescriptorBudget(5);
        assertTrue(budget.claim(2));
        assertTrue(budget.claim(2));
        assertFalse(budget.claim(2));
        assertEquals(1, budget.available(), "and nothing was claimed");
        assertTrue(budget.claim(1));
        assertFalse(budget.claim(1));
        budget.release(2);
        assertTrue(budget.claim(2));
        assertEquals(0, budget.available());
    }

    @Test
    void thereMayBeNoneOrNoLimit() {
        assertFalse(new DescriptorBudget(0).claim(1));
        DescriptorBudget endless = new DescriptorBudget(Long.MAX_VALUE);
        assertTrue(endless.claim(Integer.MAX_VALUE));
        endless.release(Integer.MAX_VALUE);
        assertEquals(Long.MAX_VALUE, endless.available());
    }

    @Test
    void noMoreAreClaimedThanThereAre() throws InterruptedException {
        int most = 7;
        DescriptorBudget budget = new DescriptorBudget(most);
        AtomicInteger claimed = new AtomicInteger();
        AtomicInteger highest = new AtomicInteger();
        run(4, thread -> {
            int count = 1 + thread % 3;
            for (int i = 0; i < 50_000; i++) {
                if (budget.claim(count)) {
                    highest.accumulateAndGet(claimed.addAndGet(count), Math::max);
                    claimed.addAndGet(-count);
                    budget.release(count);
                }
            }
        });
        assertTrue(highest.get() <= most, () -> highest + " of " + most);
        assertEquals(most, budget.available());
    }

    /** Somebody else asks for more than there is, all the while, and is never given it. */
    @Test
    void whatIsThereCanBeClaimedWhateverOthersAskFor() throws InterruptedException {
        DescriptorBudget budget = new DescriptorBudget(1);
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong refused = new AtomicLong();
        AtomicLong lowest = new AtomicLong();
        run(2, thread -> {
            if (thread == 0) {
                for (int i = 0; i < 300_000; i++) {
                    if (budget.claim(1)) {
                        budget.release(1);
                    } else {
                        refused.incrementAndGet();
                    }
                }
                done.set(true);
            } else {
                while (!done.get()) {
                    assertFalse(budget.claim(2));
                    lowest.accumulateAndGet(budget.available(), Math::min);
                }
            }
        });
        assertEquals(0, refused.get(), "refused although there was one");
        assertEquals(0, lowest.get(), "less than nothing");
    }

    private interface Job {
        void run(int thread);
    }

    private static void run(int count, Job job) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            threads.add(new Thread(() -> job.run(number)));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Test
    void ofTheProcessIsItsLimitLessWhatIsOpen() {
        try (Kernel kernel = LinuxKernel.open()) {
            long limit = kernel.getFileLimit(false);
            long now = DescriptorBudget.ofProcess(kernel).available();
            assertTrue(now > 0 && now < limit, () -> now + " of " + limit);
            if (limit < Long.MAX_VALUE) {
                int[] open = new int[20];
                for (int i = 0; i < open.length; i++) {
                    open[i] = kernel.eventfd();
                }
                long later = DescriptorBudget.ofProcess(kernel).available();
                for (int fd : open) {
                    kernel.close(fd);
                }
                // The JVM may open or close a file in between.
                long wrong = Math.abs(now - later - open.length);
                assertTrue(wrong <= 5, () -> now + " before and " + later + " after " + open.length + " more");
            }
        }
    }
}
