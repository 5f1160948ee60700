package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.TurnTimes;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.ProxyRig;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A loop turned by the test's own thread. */
@Timeout(30)
@ExtendWith(LeakCheck.class)
class EventLoopTest {
    private LinuxKernel kernel;
    private EventLoop loop;
    private LoopStats stats;
    private ProxyObserver observer;
    private MemorySegment one;
    private final List<String> told = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    @BeforeEach
    void open() {
        kernel = LinuxKernel.open();
        one = kernel.allocate(Long.BYTES);
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        stats = new LoopStats();
        observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {}

            @Override
            public void warning(String text) {
                warnings.add(text);
            }
        };
        loop = new EventLoop(kernel, LinuxKernel::open, stats, observer, Spin.NONE);
    }

    @AfterEach
    void close() {
        loop.close();
        kernel.close();
    }

    /** Writes down what it hears. */
    private class Listening implements Handler {
        final String name;

        Listening(String name) {
            this.name = name;
        }

        @Override
        public void onEvents(int tag, int events) {
            told.add(name + tag);
        }

        @Override
        public void onTurn() {
            told.add(name + " turn");
        }

        @Override
        public void onStop() {
            told.add(name + " stop");
        }
    }

    /** A descriptor that is readable, and stays it. */
    private int readable() {
        int fd = Errno.check(kernel.eventfd(), "eventfd");
        assertEquals(Long.BYTES, kernel.write(fd, one, 0, Long.BYTES));
        return fd;
    }

    @Test
    void tellsTheHolderOfTheSlotAndTheTag() {
        int slot = loop.attach(new Listening("a"));
        int other = loop.attach(new Listening("b"));
        int first = readable();
        int second = readable();
        assertEquals(0, loop.watch(slot, 1, first, Epoll.IN | Epoll.ET));
        assertEquals(0, loop.watch(other, 3, second, Epoll.IN | Epoll.ET));
        loop.turn();
        assertEquals(List.of("a1", "b3"), told.stream().sorted().toList());
        kernel.close(first);
        kernel.close(second);
    }

    /** Edge-triggered, it tells of a change only; asked anew, of what there is. */
    @Test
    void watchedAgainTellsAgain() {
        int slot = loop.attach(new Listening("a"));
        int fd = readable();
        assertEquals(0, loop.watch(slot, 1, fd, Epoll.IN | Epoll.ET));
        loop.turn();
        loop.post(() -> told.add("letter"));
        loop.turn();
        assertEquals(0, loop.watchAgain(slot, 1, fd, Epoll.IN | Epoll.ET));
        loop.turn();
        assertEquals(List.of("a1", "letter", "a1"), told);
        kernel.close(fd);
        assertEquals(-Errno.EBADF, loop.watchAgain(slot, 1, fd, Epoll.IN | Epoll.ET));
    }

    /** In one batch: the first to be told closes the other's descriptor and slot, and both are taken anew at once. */
    @Test
    void anEventForADescriptorThatWasRecycledIsDropped() {
        int[] fds = {readable(), readable()};
        int[] slots = new int[2];
        for (int i = 0; i < 2; i++) {
            int other = 1 - i;
            slots[i] = loop.attach(new Handler() {
                @Override
                public void onEvents(int tag, int events) {
                    told.add("first");
                    kernel.close(fds[other]);
                    loop.detach(slots[other]);
                    int recycled = kernel.eventfd();
                    assertEquals(fds[other], recycled, "the same number");
                    int slot = loop.attach(new Listening("next"));
                    assertEquals(slots[other], slot, "the same slot");
                    assertEquals(0, loop.watch(slot, 0, recycled, Epoll.IN | Epoll.ET));
                }
            });
            assertEquals(0, loop.watch(slots[i], 0, fds[i], Epoll.IN | Epoll.ET));
        }
        loop.turn();
        assertEquals(List.of("first"), told, "both were ready, and only one may hear of it");
        for (int fd : fds) {
            kernel.close(fd);
        }
    }

    @Test
    void whoAsksInATurnForAnotherHasItAfterTheNextEvents() {
        Handler handler = new Listening("a") {
            @Override
            public void onTurn() {
                super.onTurn();
                if (told.size() < 3) {
                    loop.again(this);
                }
            }
        };
        loop.again(handler);
        for (int i = 1; i <= 3; i++) {
            loop.turn();
            assertEquals(i, told.size(), "one for each turn");
        }
        assertEquals(3, stats.get(Counter.TURNS));
        assertEquals(0, stats.get(Counter.SLEEPS), "nobody sleeps while somebody wants a turn");
    }

    /** What has come while a long turn was given is told before the next in the queue, and nobody has two for another's one. */
    @Test
    void epollIsLookedAtBetweenLongTurns() {
        int slot = loop.attach(new Listening("event"));
        int fd = readable();
        for (String name : List.of("a", "b")) {
            loop.again(new Listening(name) {
                @Override
                public void onTurn() {
                    super.onTurn();
                    if (told.size() == 1) {
                        assertEquals(0, loop.watch(slot, 0, fd, Epoll.IN | Epoll.ET));
                    }
                    // Longer than the events took, however long this thread was held up: so much time the queue has.
                    spin(2 * (System.nanoTime() - loop.now()) + 1_000_000);
                    loop.again(this);
                }
            });
        }
        for (int i = 0; i < 4; i++) {
            loop.turn();
        }
        assertEquals(List.of("a turn", "event0", "b turn", "a turn", "b turn"), told);
        kernel.close(fd);
    }

    private static void spin(long nanos) {
        long from = System.nanoTime();
        while (System.nanoTime() - from < nanos) {
            Thread.onSpinWait();
        }
    }

    /** Where events take long, one from the queue in each turn would be too few. */
    @Test
    void theQueueHasAsMuchTimeAsTheEvents() {
        int fd = readable();
        int slot = loop.attach((tag, events) -> spin(20_000_000));
        assertEquals(0, loop.watch(slot, 0, fd, Epoll.IN));
        boolean both = false;
        // Where this thread is held up for so long in the first one, it is not the loop's fault.
        for (int i = 0; i < 20 && !both; i++) {
            told.clear();
            for (String name : List.of("a", "b")) {
                loop.again(new Listening(name) {
                    @Override
                    public void onTurn() {
                        super.onTurn();
                        spin(200_000);
                    }
                });
            }
            loop.turn();
            both = told.equals(List.of("a turn", "b turn"));
            loop.turn();
        }
        assertTrue(both, told::toString);
        kernel.close(fd);
    }

    @Test
    void lettersFromOtherThreadsArriveEachOnceAndInOrder() throws InterruptedException {
        int threads = 4;
        int each = 2000;
        int[] last = new int[threads];
        AtomicInteger arrived = new AtomicInteger();
        List<Thread> senders = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int id = t;
            senders.add(new Thread(() -> {
                for (int i = 1; i <= each; i++) {
                    int number = i;
                    loop.post(() -> {
                        assertEquals(number - 1, last[id]);
                        last[id] = number;
                        arrived.incrementAndGet();
                    });
                }
            }));
        }
        senders.forEach(Thread::start);
        while (arrived.get() < threads * each) {
            loop.turn(); // blocks when no letter rings: a lost one would hang
        }
        for (Thread sender : senders) {
            sender.join();
        }
        assertEquals(List.of(), warnings);
    }

    @Test
    void aTimerWakesTheLoop() {
        long at = loop.now() + 50_000_000;
        long[] fired = new long[1];
        loop.schedule(
                new Timer() {
                    @Override
                    protected void onTimer(long now) {
                        fired[0] = now;
                    }
                },
                at);
        int turns = 0;
        while (fired[0] == 0) {
            loop.turn();
            turns++;
        }
        assertTrue(fired[0] - at >= 0, "early");
        int count = turns;
        assertTrue(count <= 5, () -> count + " turns");
    }

    /** What comes while it spins is found without a sleep, and without an end in sight it sleeps at last. */
    @Test
    void spinsForAsLongAsItIsToldAndSleepsThen() throws InterruptedException {
        LoopStats spinning = new LoopStats();
        try (EventLoop busy =
                new EventLoop(kernel, LinuxKernel::open, spinning, observer, new Spin(30_000_000_000L, null))) {
            Thread sender = new Thread(() -> {
                ProxyRig.pause(20);
                busy.post(() -> told.add("letter"));
            });
            sender.start();
            busy.turn();
            sender.join();
            assertEquals(List.of("letter"), told);
            assertEquals(0, spinning.get(Counter.SLEEPS));
        }
        LoopStats patient = new LoopStats();
        try (EventLoop lazy = new EventLoop(kernel, LinuxKernel::open, patient, observer, new Spin(1_000_000, null))) {
            lazy.schedule(
                    new Timer() {
                        @Override
                        protected void onTimer(long now) {
                            told.add("timer");
                        }
                    },
                    lazy.now() + 100_000_000);
            while (told.size() < 2) {
                lazy.turn();
            }
            assertTrue(patient.get(Counter.SLEEPS) >= 1, "it spun for as long as there was nothing to do");
        }
    }

    /** One that learns: it sleeps until it has seen short waits, and then finds events without. */
    @Test
    void aLoopThatLearnsLooksBeforeItSleepsOnceWaitsWereShort() {
        LoopStats learning = new LoopStats();
        Spin spin = new Spin(1_000_000, new SpinPermits(1, 1));
        try (EventLoop auto = new EventLoop(kernel, LinuxKernel::open, learning, observer, spin)) {
            // Level-triggered, and never read: each wait ends at once.
            int fd = readable();
            auto.watch(auto.attach(new Listening("always")), 0, fd, Epoll.IN);
            int turns = 0;
            while (learning.get(Counter.SLEEPS) == turns) {
                auto.turn();
                turns++;
            }
            assertTrue(learning.get(Counter.SLEEPS) >= SpinBudget.FEWEST, "it could not know yet");
            assertEquals(0, learning.get(Counter.SPIN_HITS) + learning.get(Counter.SPIN_MISSES));
            kernel.close(fd);
        }
    }

    @Test
    void whatSpinsFoundIsCounted() throws InterruptedException {
        LoopStats counted = new LoopStats();
        try (EventLoop busy =
                new EventLoop(kernel, LinuxKernel::open, counted, observer, new Spin(30_000_000_000L, null))) {
            Thread sender = new Thread(() -> busy.post(() -> told.add("letter")));
            sender.start();
            busy.turn();
            sender.join();
            assertEquals(1, counted.get(Counter.SPIN_HITS));
            assertTrue(counted.get(Counter.SPIN_HIT_NANOS) > 0);
        }
        LoopStats vain = new LoopStats();
        try (EventLoop busy = new EventLoop(kernel, LinuxKernel::open, vain, observer, new Spin(1_000, null))) {
            busy.schedule(
                    new Timer() {
                        @Override
                        protected void onTimer(long now) {
                            told.add("timer");
                        }
                    },
                    busy.now() + 200_000_000);
            while (told.size() < 2) {
                busy.turn();
            }
            assertTrue(vain.get(Counter.SPIN_MISSES) > 0);
            assertTrue(vain.get(Counter.SPIN_MISS_NANOS) >= 1_000);
        }
    }

    @Test
    void whoThrowsIsCutAndNobodyElse() {
        int good = readable();
        int bad = readable();
        int slot = loop.attach(new Listening("good"));
        int failing = loop.attach(new Listening("bad") {
            @Override
            public void onEvents(int tag, int events) {
                throw new IllegalStateException("scripted");
            }

            @Override
            public void onTurn() {
                throw new IllegalStateException("scripted");
            }
        });
        loop.watch(failing, 0, bad, Epoll.IN | Epoll.ET);
        loop.watch(slot, 0, good, Epoll.IN | Epoll.ET);
        loop.turn();
        assertEquals(List.of("bad stop", "good0"), told.stream().sorted().toList());
        assertTrue(warnings.size() == 1 && warnings.getFirst().contains("scripted"), warnings::toString);
        kernel.close(good);
        kernel.close(bad);
    }

    @Test
    void stopTellsEveryoneAndRunsTheLastLetters() {
        loop.attach(new Listening("a"));
        loop.attach(new Listening("b"));
        loop.detach(loop.attach(new Listening("gone")));
        loop.post(loop::stop);
        loop.post(() -> told.add("letter"));
        loop.run();
        assertEquals(List.of("letter", "a stop", "b stop"), told);
    }

    /** It came in the turn that was the last one, after letters were read. */
    @Test
    void theLastLetterIsReadHoweverLateItComes() {
        loop.schedule(
                new Timer() {
                    @Override
                    protected void onTimer(long now) {
                        loop.post(() -> told.add("letter"));
                        loop.stop();
                    }
                },
                loop.now());
        loop.run();
        assertEquals(List.of("letter"), told);
    }

    /** However many there are, and all ask for a turn at once. */
    @Test
    void slotsAndTurnsGrowTogether() {
        int count = 1000;
        List<Integer> slots = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Handler handler = new Listening("h" + i);
            slots.add(loop.attach(handler));
            loop.again(handler);
        }
        while (told.size() < count) {
            loop.turn(); // one that takes long looks at epoll in between
        }
        assertEquals(count, told.size());
        for (int i = 0; i < count; i++) {
            assertEquals("h" + i + " turn", told.get(i));
        }
        slots.forEach(loop::detach);
        told.clear();
        loop.post(loop::stop);
        loop.run();
        assertEquals(List.of(), told, "nobody is there any more");
    }

    /** What it does is timed, and not how long it sleeps. */
    @Test
    void turnsAreTimedWhereSomebodyWantsToKnow() {
        TurnTimes times = new TurnTimes(System.nanoTime());
        try (EventLoop timed = new EventLoop(kernel, LinuxKernel::open, new LoopStats(times), observer, Spin.NONE)) {
            timed.schedule(
                    new Timer() {
                        @Override
                        protected void onTimer(long now) {}
                    },
                    timed.now() + 100_000_000);
            while (times.turns() == 0) {
                timed.turn();
            }
            assertTrue(times.busyNanos() < 50_000_000, () -> times.busyNanos() + " ns of a turn that slept for 100 ms");
            timed.again(new Listening("a") {
                @Override
                public void onTurn() {
                    ProxyRig.pause(20);
                }
            });
            timed.turn();
            assertEquals(2, times.turns());
            assertTrue(times.recent(System.nanoTime(), 0).longestNanos() >= 20_000_000);
        }
    }
}
