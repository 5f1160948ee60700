package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.config.CpuList;
import dev.sluice.proxy.cpu.Placement;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Spin;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whoever asks a loop for something gets an answer, whatever becomes of the loop. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class LoopThreadTest {
    private static final String NAME = "sluice-loop-test";

    private static final class Tenant implements LoopThread.Tenant {
        private final Queue<String> log = new ConcurrentLinkedQueue<>();

        @Override
        public void close() {
            log.add("closed on " + Thread.currentThread().getName());
        }
    }

    private final Tenant tenant = new Tenant();
    private final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    private final CountDownLatch held = new CountDownLatch(1);
    private LoopThread<Tenant> thread = with(LinuxKernel::open);

    private LoopThread<Tenant> with(Supplier<Kernel> kernels) {
        ProxyObserver observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {}

            @Override
            public void warning(String text) {
                warnings.add(text);
            }
        };
        return new LoopThread<>(NAME, kernels, observer, Spin.NONE, Placement.ANY, (kernel, loop) -> tenant);
    }

    @AfterEach
    void end() throws InterruptedException {
        held.countDown();
        thread.stop();
        thread.join();
        soon(thread.ended());
        assertFalse(soon(thread.call(() -> tenant.log.add("too late"))));
        assertFalse(tenant.log.contains("too late"));
    }

    private static <A> A soon(CompletableFuture<A> answer) {
        return answer.orTimeout(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS).join();
    }

    private static Throwable failure(CompletableFuture<?> answer) {
        Throwable cause =
                assertThrows(CompletionException.class, () -> soon(answer)).getCause();
        return cause == null ? new AssertionError("no cause") : cause;
    }

    /** The loop does nothing until {@link #held} lets it, and whatever is posted meanwhile waits. */
    private void hold() {
        CountDownLatch busy = new CountDownLatch(1);
        var _ = thread.call(() -> {
            busy.countDown();
            ProxyRig.awaitLatch(held);
        });
        ProxyRig.awaitLatch(busy);
    }

    private static void die() {
        throw new Fault.Fatal();
    }

    @Test
    void aTaskRunsOnTheLoopsThread() {
        assertSame(tenant, soon(thread.start()).on());
        assertSame(tenant, thread.on());
        String[] name = {""};
        assertTrue(soon(thread.call(() -> name[0] = Thread.currentThread().getName())));
        assertEquals(NAME, name[0]);
    }

    @Test
    void whatATaskThrowsIsTheAnswerAndTheLoopGoesOn() {
        soon(thread.start());
        IllegalStateException bug = new IllegalStateException("scripted");
        OutOfMemoryError memory = new OutOfMemoryError("scripted");
        assertSame(bug, failure(thread.call(() -> {
            throw bug;
        })));
        assertSame(memory, failure(thread.call(() -> {
            throw memory;
        })));
        Refusal refusal = new Refusal("scripted");
        assertSame(refusal, failure(thread.ask(on -> {
            throw refusal;
        })));
        assertTrue(soon(thread.call(() -> {})));
        assertEquals(List.of(), List.copyOf(warnings), "whoever asked is told");
    }

    @Test
    void anAnswerMayComeLaterAndFromElsewhere() {
        soon(thread.start());
        CompletableFuture<String> later = new CompletableFuture<>();
        CompletableFuture<String> failing = new CompletableFuture<>();
        CompletableFuture<String> answer = thread.ask(on -> later);
        CompletableFuture<String> failed = thread.ask(on -> failing);
        assertTrue(soon(thread.call(() -> {})));
        assertFalse(answer.isDone() || failed.isDone());
        later.complete("later");
        IllegalStateException bug = new IllegalStateException("scripted");
        failing.completeExceptionally(bug);
        assertEquals("later", soon(answer));
        assertSame(bug, failure(failed));
    }

    @Test
    void aLoopThatHasEndedDoesNothingAndSaysSo() throws InterruptedException {
        soon(thread.start());
        thread.stop();
        thread.join();
        assertTrue(thread.ended().isDone());
        assertFalse(soon(thread.call(() -> tenant.log.add("never"))));
        assertInstanceOf(LoopThread.Ended.class, failure(thread.ask(on -> {
            tenant.log.add("never");
            return CompletableFuture.completedFuture("");
        })));
        assertEquals(List.of("closed on " + NAME), List.copyOf(tenant.log));
        assertEquals(List.of(), List.copyOf(warnings));
    }

    /** What was posted before the end is done, in order. */
    @Test
    void aLoopThatIsToldToStopReadsTheRest() {
        soon(thread.start());
        hold();
        thread.stop();
        CompletableFuture<Boolean> behind = thread.call(() -> tenant.log.add("done"));
        held.countDown();
        assertTrue(soon(behind));
        soon(thread.ended());
        assertEquals(List.of("done", "closed on " + NAME), List.copyOf(tenant.log));
    }

    @Test
    void whoAskedForWhatKillsTheLoopIsAnswered() {
        soon(thread.start());
        assertFalse(soon(thread.call(LoopThreadTest::die)));
        assertTrue(thread.ended().isDone(), "answered before all is given back");
        assertEquals(List.of("closed on " + NAME), List.copyOf(tenant.log));
        assertEquals(1, warnings.size());
        assertTrue(warnings.remove().startsWith(NAME + " has died: "));
    }

    @Test
    void aLoopThatDiesReadsTheRest() {
        soon(thread.start());
        hold();
        CompletableFuture<Boolean> deadly = thread.call(LoopThreadTest::die);
        CompletableFuture<Boolean> behind = thread.call(() -> tenant.log.add("done"));
        held.countDown();
        assertFalse(soon(deadly));
        assertTrue(soon(behind));
    }

    @Test
    void whatIsNeverReadIsAnswered() {
        soon(thread.start());
        hold();
        CompletableFuture<Boolean> deadly = thread.call(LoopThreadTest::die);
        CompletableFuture<Boolean> again = thread.call(LoopThreadTest::die);
        CompletableFuture<Boolean> behind = thread.call(() -> tenant.log.add("done"));
        CompletableFuture<String> asked = thread.ask(on -> CompletableFuture.completedFuture(""));
        held.countDown();
        assertFalse(soon(deadly));
        assertFalse(soon(again));
        assertFalse(soon(behind));
        assertInstanceOf(LoopThread.Ended.class, failure(asked));
        assertFalse(tenant.log.contains("done"));
    }

    @Test
    void anAnswerThatNeverComesEndsWithTheLoop() {
        soon(thread.start());
        CompletableFuture<String> never = new CompletableFuture<>();
        CompletableFuture<String> answer = thread.ask(on -> never);
        assertTrue(soon(thread.call(() -> {})));
        assertFalse(answer.isDone());
        thread.stop();
        assertInstanceOf(LoopThread.Ended.class, failure(answer));
    }

    /** Whoever asks at the very moment of the end is answered one way or the other, and truthfully. */
    @Test
    void whoAsksWhileTheLoopEndsIsAnswered() {
        for (int round = 0; round < 20; round++) {
            LoopThread<Tenant> ending = with(LinuxKernel::open);
            soon(ending.start());
            Queue<Integer> ran = new ConcurrentLinkedQueue<>();
            List<CompletableFuture<List<Integer>>> askers = new ArrayList<>();
            CountDownLatch go = new CountDownLatch(1);
            for (int i = 0; i < 2; i++) {
                int first = 1000 * i;
                askers.add(CompletableFuture.supplyAsync(() -> {
                    List<Integer> told = new ArrayList<>();
                    ProxyRig.awaitLatch(go);
                    for (int k = first; k < first + 100; k++) {
                        int number = k;
                        if (soon(ending.call(() -> ran.add(number)))) {
                            told.add(number);
                        }
                    }
                    return told;
                }));
            }
            go.countDown();
            if (round % 2 == 0) {
                ending.stop();
            } else {
                var _ = ending.call(LoopThreadTest::die);
            }
            List<Integer> told = new ArrayList<>();
            askers.forEach(asker -> told.addAll(soon(asker)));
            soon(ending.ended());
            assertEquals(ran.stream().sorted().toList(), told.stream().sorted().toList());
        }
        soon(thread.start());
    }

    @Test
    void aLoopThatCannotStartSaysWhy() throws InterruptedException {
        Script script = new Script();
        script.always(Call.EVENTFD, Fault.error(Errno.EMFILE));
        thread = with(script::kernel);
        assertInstanceOf(KernelException.class, failure(thread.start()));
        soon(thread.ended());
        assertEquals(List.of(), List.copyOf(tenant.log), "nobody has lived there");
        assertEquals(List.of(), List.copyOf(warnings));
    }

    @Test
    void aLoopThatCannotBePinnedDoesNotStart() {
        thread = new LoopThread<>(NAME, LinuxKernel::open, silent(), Spin.NONE, CpuList.MAX, (kernel, loop) -> tenant);
        assertEquals(
                "sched_setaffinity: " + Errno.describe(Errno.EINVAL),
                failure(thread.start()).getMessage());
        soon(thread.ended());
    }

    @Test
    void aTenantThatCannotMoveInSaysWhy() {
        thread = new LoopThread<>(NAME, LinuxKernel::open, silent(), Spin.NONE, Placement.ANY, LoopThreadTest::refuse);
        assertEquals("scripted", failure(thread.start()).getMessage());
        soon(thread.ended());
    }

    private static ProxyObserver silent() {
        return new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {}

            @Override
            public void warning(String text) {}
        };
    }

    private static Tenant refuse(Kernel kernel, EventLoop loop) {
        throw new IllegalStateException("scripted");
    }
}
