package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Spin;
import dev.sluice.proxy.loop.Turns;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.ScriptedKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A pool on the test's own thread, whose timer the test fires. */
@Timeout(30)
@ExtendWith(LeakCheck.class)
class PipePoolTest {
    private static final long DESCRIPTORS = 1000;

    private final DescriptorBudget budget = new DescriptorBudget(DESCRIPTORS);
    /** How often other loops were asked for what they keep. */
    private int askedOthers;

    private static final int PAGE = 4096;
    private static final int SIZE = 256 << 10;
    private static final long LONG = 3_600_000_000_000L;

    private final Script script = new Script();
    private final LoopStats stats = new LoopStats();
    private final List<String> warnings = new ArrayList<>();
    private final ProxyObserver observer = new ProxyObserver() {
        @Override
        public void sessionEnded(SessionEnd end) {}

        @Override
        public void warning(String text) {
            warnings.add(text);
        }
    };
    private Kernel kernel;
    private EventLoop loop;
    private PipePool pool;

    @BeforeEach
    void create() {
        kernel = new ScriptedKernel(LinuxKernel.open(), script);
        loop = new EventLoop(kernel, LinuxKernel::open, stats, observer, Spin.NONE);
        pool = new PipePool(kernel, loop, observer, budget, this::ask, SIZE, LONG);
    }

    @AfterEach
    void close() {
        script.clear();
        pool.close();
        assertEquals(0, open());
        assertEquals(DESCRIPTORS, budget.available(), "descriptors claimed for pipes that are closed");
        loop.close();
        kernel.close();
    }

    private void ask() {
        askedOthers++;
    }

    private long open() {
        return stats.get(Counter.PIPES_OPEN);
    }

    private Pipe borrow() {
        return Objects.requireNonNull(pool.borrow());
    }

    private List<Pipe> borrow(int count) {
        List<Pipe> pipes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pipes.add(borrow());
        }
        return pipes;
    }

    @Test
    void theLastOneGivenBackIsTheNextOneBorrowed() {
        Pipe first = borrow();
        Pipe second = borrow();
        pool.giveBack(first);
        pool.giveBack(second);
        assertSame(second, borrow());
        assertSame(first, borrow());
        assertEquals(2, script.count(Call.PIPE));
        pool.discard(first);
        assertEquals(1, open());
        assertEquals(-Errno.EBADF, kernel.close(first.readEnd()), "it is closed");
        assertEquals(-Errno.EBADF, kernel.close(first.writeEnd()), "it is closed");
        pool.discard(second);
    }

    @Test
    void noMoreThanSoManyAreKept() {
        borrow(70).forEach(pool::giveBack);
        assertEquals(64, open());
    }

    @Test
    void whatWasIdleForAWholeIntervalIsClosedAndThenTheTimerRests() {
        List<Pipe> pipes = borrow(10);
        pipes.forEach(pool::giveBack);
        pool.onTimer(loop.now());
        assertEquals(10, open(), "idle, but not for long");
        // Three at a time are needed.
        List<Pipe> some = borrow(3);
        some.forEach(pool::giveBack);
        pool.onTimer(loop.now());
        assertEquals(3, open(), "seven were not needed");
        assertSame(some.getLast(), borrow(), "those used last are kept");
        pool.giveBack(some.getLast());
        pool.onTimer(loop.now());
        assertEquals(1, open());
        pool.onTimer(loop.now());
        assertEquals(0, open());
        pool.onTimer(loop.now());
        assertEquals(0, open(), "nothing is left to close");
    }

    @Test
    void theLoopsTimerClosesThem() throws InterruptedException {
        PipePool quick = new PipePool(kernel, loop, observer, budget, this::ask, SIZE, 20_000_000);
        quick.giveBack(Objects.requireNonNull(quick.borrow()));
        long end = System.nanoTime() + 5_000_000_000L;
        while (open() > 0 && System.nanoTime() - end < 0) {
            Thread.sleep(5);
            Turns.one(loop);
        }
        assertEquals(0, open());
        quick.close();
    }

    @Test
    void whoeverNeedsThemGetsAllThatAreIdle() {
        List<Pipe> pipes = borrow(5);
        pipes.subList(0, 3).forEach(pool::giveBack);
        pool.trim();
        assertEquals(2, open(), "those in use stay");
        pool.onTimer(loop.now());
        pipes.subList(3, 5).forEach(pool::giveBack);
        assertEquals(2, open());
    }

    @Test
    void aRefusalIsRememberedForAWhileAndToldOnce() {
        script.always(Call.PIPE, Fault.error(Errno.EMFILE));
        for (int i = 0; i < 10; i++) {
            assertNull(pool.borrow());
        }
        assertEquals(1, script.count(Call.PIPE), "asked again and again");
        assertEquals(1, warnings.size(), warnings::toString);
        assertTrue(warnings.getFirst().contains("EMFILE"), warnings::toString);
        assertEquals(0, open());
    }

    @Test
    void aPipeOfTooFewSlotsIsClosedAgain() {
        script.rule((call, count, fd) -> call == Call.SET_PIPE_SIZE
                ? Fault.error(Errno.EPERM)
                : call == Call.GET_PIPE_SIZE ? Fault.answer(15 * PAGE) : null);
        assertNull(pool.borrow());
        assertEquals(0, open());
        assertTrue(warnings.getFirst().contains("EPERM"), warnings::toString);
    }

    /** The limit is of all pipes of the user, and they may have been given back meanwhile. */
    @Test
    void aPipeThatWasGrantedSmallGrowsLater() throws InterruptedException {
        script.always(Call.SET_PIPE_SIZE, Fault.error(Errno.EPERM));
        Pipe small = borrow();
        assertEquals(16, small.slots());
        pool.giveBack(small);
        script.clear();
        assertEquals(16, borrow().slots(), "not asked again at once");
        pool.giveBack(small);
        later();
        Pipe grown = borrow();
        assertEquals(SIZE / PAGE, grown.slots());
        assertEquals(SIZE, kernel.getPipeSize(grown.writeEnd()));
        assertEquals(small.writeEnd(), grown.writeEnd());
        pool.giveBack(grown);
        assertSame(grown, borrow());
        pool.giveBack(grown);
        assertEquals(1, script.count(Call.PIPE));
    }

    @Test
    void aPipeThatStaysSmallIsUsedAllTheSame() throws InterruptedException {
        script.always(Call.SET_PIPE_SIZE, Fault.error(Errno.EPERM));
        pool.giveBack(borrow());
        later();
        for (int i = 0; i < 10; i++) {
            Pipe pipe = borrow();
            assertEquals(16, pipe.slots());
            pool.giveBack(pipe);
        }
        assertEquals(2, script.count(Call.SET_PIPE_SIZE), "once at first, and once later");
        assertEquals(1, warnings.size(), warnings::toString);
    }

    /** Turns the loop's clock on. */
    private void later() throws InterruptedException {
        Thread.sleep(PipePool.SHORTAGE_NANOS / 1_000_000 + 10);
        Turns.one(loop);
    }

    /** A page is 64 KiB on some machines, and a slot is a page: 256 KiB would be four. */
    @Test
    void aPipeHasSixteenSlotsWhateverAPageIs() {
        script.pageSize(64 << 10);
        long[] asked = new long[1];
        script.rule((call, count, fd) -> switch (call) {
            case SET_PIPE_SIZE -> (Fault) (bytes, real) -> asked[0] = bytes;
            case GET_PIPE_SIZE -> Fault.answer(asked[0]);
            default -> null;
        });
        PipePool pages = new PipePool(kernel, loop, observer, budget, this::ask, SIZE, LONG);
        Pipe pipe = Objects.requireNonNull(pages.borrow());
        assertEquals(16 * (64 << 10), asked[0]);
        assertEquals(16, pipe.slots());
        pages.giveBack(pipe);
        pages.close();
        script.clear();
        script.pageSize(0);
        PipePool smallest = new PipePool(kernel, loop, observer, budget, this::ask, PAGE, LONG);
        Pipe least = Objects.requireNonNull(smallest.borrow());
        assertEquals(16 * PAGE, kernel.getPipeSize(least.writeEnd()));
        smallest.giveBack(least);
        smallest.close();
    }

    @Test
    void outOfMemoryLeavesNothingOpen() {
        for (Call call : List.of(Call.PIPE, Call.SET_PIPE_SIZE, Call.GET_PIPE_SIZE)) {
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            script.once(call, 1, Fault.outOfMemory());
            assertThrows(OutOfMemoryError.class, pool::borrow);
            assertEquals(0, before.openedSince().size(), call::toString);
            assertEquals(0, open());
        }
        script.clear();
        Pipe pipe = borrow();
        script.once(Call.CLOSE, 1, Fault.followed(() -> {
            throw new OutOfMemoryError("scripted");
        }));
        assertThrows(OutOfMemoryError.class, () -> pool.discard(pipe));
        assertEquals(0, open());
        assertEquals(-Errno.EBADF, kernel.close(pipe.writeEnd()), "the other end is closed all the same");
    }

    @Test
    void pipesClaimTheirDescriptorsAndAskTheOtherLoopsWhenThereAreNone() {
        budget.claim((int) DESCRIPTORS - 3);
        Pipe one = borrow();
        assertEquals(null, pool.borrow());
        assertEquals(0, script.faults());
        assertEquals(1, askedOthers);
        assertEquals(1, budget.available());
        pool.discard(one);
        budget.release((int) DESCRIPTORS - 3);
    }
}
