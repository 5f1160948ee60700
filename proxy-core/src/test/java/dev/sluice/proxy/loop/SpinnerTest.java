package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.ScriptedKernel;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A loop that learns, and what its spins find is scripted: each goes to the budget, and the permit back. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class SpinnerTest {
    /** So short that what it costs is paid for, though this thread is held up now and then. */
    private static final long NANOS = 1_000;

    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private final Script script = new Script();
    private final LoopStats stats = new LoopStats();
    /** For one of two loops at a time. */
    private final SpinPermits permits = new SpinPermits(1, 2);
    /** How long this thread has waited for a processor, and how much longer it has each time it is asked. */
    private final AtomicLong waited = new AtomicLong();

    private long waits;
    /** Looks at epoll that find nothing, before one that finds an event. */
    private final AtomicInteger vain = new AtomicInteger();

    private Kernel kernel;
    private Spinner spinner;

    @BeforeEach
    void open() {
        kernel = new ScriptedKernel(LinuxKernel.open(), script);
        script.rule((call, count, fd) -> {
            assertEquals(Call.EPOLL_WAIT, call);
            return Fault.answer(vain.getAndDecrement() > 0 ? 0 : 1);
        });
        RunDelay delay = new RunDelay() {
            @Override
            public long getAsLong() {
                return waited.addAndGet(waits);
            }
        };
        spinner = new Spinner(
                kernel, -1, new EpollEvents(kernel, 1), stats, new Spin(NANOS, permits), System.nanoTime(), delay);
        for (int i = 0; i < SpinBudget.FEWEST; i++) {
            assertEquals(0, spinner.spin(0));
            assertEquals(0, script.count(Call.EPOLL_WAIT), "it does not know yet");
            spinner.waited(0, 1);
        }
    }

    @AfterEach
    void close() {
        assertTrue(permits.take(), "every permit was given back");
        spinner.close();
        kernel.close();
    }

    /** The first look in vain is the one before it spins. */
    private boolean hits() {
        vain.set(1);
        return spinner.spin(0) == 1;
    }

    private void miss() {
        vain.set(Integer.MAX_VALUE);
        assertEquals(0, spinner.spin(0));
    }

    /** Whether it has stopped trying: then it does not even look. */
    private boolean rests() {
        long before = script.count(Call.EPOLL_WAIT);
        vain.set(0);
        spinner.spin(0);
        return script.count(Call.EPOLL_WAIT) == before;
    }

    @Test
    void whatIsThereAlreadyIsNoSpin() {
        vain.set(0);
        assertEquals(1, spinner.spin(0));
        assertEquals(0, stats.get(Counter.SPIN_HITS) + stats.get(Counter.SPIN_MISSES));
    }

    @Test
    void aSpinHasAPermitAndGivesItBack() {
        for (int i = 1; i <= 5; i++) {
            assertTrue(hits());
            assertEquals(i, stats.get(Counter.SPIN_HITS));
        }
        script.rule((call, count, fd) -> {
            if (vain.decrementAndGet() >= 0) {
                return Fault.answer(0);
            }
            assertFalse(permits.take(), "while it spins");
            return Fault.answer(1);
        });
        assertTrue(hits());
        assertTrue(permits.take());
        assertFalse(hits(), "the other loop has it");
        permits.giveBack();
        assertTrue(hits());
    }

    @Test
    void thoseThatFindNothingEndIt() {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!rests() && System.nanoTime() < deadline) {
            miss();
        }
        assertEquals(SpinBudget.PATIENCE, stats.get(Counter.SPIN_MISSES));
    }

    @Test
    void thoseThatFindSomethingMakeUpForIt() {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (stats.get(Counter.SPIN_MISSES) < 3 * SpinBudget.PATIENCE && System.nanoTime() < deadline) {
            for (int i = 0; i < 2 * SpinBudget.WORTH; i++) {
                hits();
            }
            miss();
            assertFalse(rests());
        }
        assertEquals(3 * SpinBudget.PATIENCE, stats.get(Counter.SPIN_MISSES));
    }

    @Test
    void whoHasToWaitForAProcessorStops() {
        waits = 1_000_000_000;
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        boolean rests = false;
        while (!rests && System.nanoTime() < deadline) {
            hits();
            rests = rests();
        }
        assertTrue(rests);
        assertEquals(0, stats.get(Counter.SPIN_MISSES));
        assertTrue(stats.get(Counter.SPIN_HITS) > 0);
    }
}
