package dev.sluice.proxy.control;

import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.LoopSample;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionQuery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What callers on other threads want of the sessions that live: a letter goes to every loop, and what comes back is put together. Nobody
 * waits for a loop for longer than he wants, and a loop that has ended has no sessions.
 */
public final class LiveSessions {
    /** What was measured so lately is good enough for the next one who asks: however many do, it costs the loops little. */
    private static final long SAMPLE_NANOS = 1_000_000_000;
    /** A loop that takes longer is told of as it was. */
    private static final Duration SAMPLE_PATIENCE = Duration.ofMillis(250);

    private final List<LoopThread<DataLoop>> loops;
    private final Runnable measured;

    private List<LoopSample> samples;
    private long sampledAt;

    /**
     * @param loops started
     * @param measured is told when all loops have measured some sessions
     */
    LiveSessions(List<LoopThread<DataLoop>> loops, Runnable measured) {
        this.loops = loops;
        this.measured = measured;
        this.samples = Collections.nCopies(loops.size(), LoopSample.NONE);
        this.sampledAt = System.nanoTime() - SAMPLE_NANOS;
    }

    /**
     * Those that somebody wants to see, in his order.
     *
     * @param timeout how long to wait at most
     * @throws TimeoutException when a loop has not answered by then, with its name: there is no half an answer
     * @throws IllegalStateException when a loop could not make out its answer, for want of memory say
     */
    public List<LiveSession> list(SessionQuery query, Duration timeout) throws InterruptedException, TimeoutException {
        List<CompletableFuture<List<LiveSession>>> asked = new ArrayList<>();
        for (LoopThread<DataLoop> thread : loops) {
            asked.add(thread.ask(on -> on.reception().list(query)));
        }
        List<LiveSession> all = new ArrayList<>();
        long until = System.nanoTime() + timeout.toNanos();
        for (int i = 0; i < asked.size(); i++) {
            all.addAll(answer(loops.get(i), asked.get(i), List.of(), until));
        }
        all.sort(LiveSession.ORDER);
        return List.copyOf(all.subList(0, Math.min(query.limit(), all.size())));
    }

    /**
     * Ends a session with a reset, whether it is connected yet or not.
     *
     * @param id as {@link SessionId} has it
     * @param timeout how long to wait at most
     * @return false when there is none of this id, any more
     * @throws TimeoutException when its loop has not answered by then; it may end all the same
     */
    public boolean close(long id, Duration timeout) throws InterruptedException, TimeoutException {
        int loop = SessionId.loop(id);
        if (loop >= loops.size()) {
            return false;
        }
        LoopThread<DataLoop> thread = loops.get(loop);
        CompletableFuture<Boolean> asked = thread.ask(on -> on.reception().closeSession(id));
        return answer(thread, asked, false, System.nanoTime() + timeout.toNanos());
    }

    private static <A> A answer(LoopThread<?> thread, CompletableFuture<A> asked, A none, long until)
            throws InterruptedException, TimeoutException {
        try {
            return asked.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw silent(thread.name(), e);
        } catch (ExecutionException | CancellationException e) {
            if (e.getCause() instanceof LoopThread.Ended) {
                return none;
            }
            throw new IllegalStateException(thread.name() + " could not answer: " + e.getCause(), e);
        }
    }

    private static TimeoutException silent(String loop, TimeoutException cause) {
        TimeoutException silent = new TimeoutException(loop + " does not answer");
        silent.initCause(cause);
        return silent;
    }

    /**
     * Has each loop ask the kernel about some of its sessions, others each time, and say what it has. That is done once a second at most.
     *
     * @return what each loop has told last, by its index
     */
    public synchronized List<LoopSample> sample() {
        if (System.nanoTime() - sampledAt < SAMPLE_NANOS) {
            return samples;
        }
        List<CompletableFuture<LoopSample>> asked = new ArrayList<>();
        for (LoopThread<DataLoop> thread : loops) {
            asked.add(thread.ask(
                    on -> CompletableFuture.completedFuture(on.reception().sample())));
        }
        List<LoopSample> next = new ArrayList<>(samples);
        long until = System.nanoTime() + SAMPLE_PATIENCE.toNanos();
        try {
            for (int i = 0; i < asked.size(); i++) {
                next.set(i, answerOr(samples.get(i), loops.get(i), asked.get(i), until));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        samples = List.copyOf(next);
        sampledAt = System.nanoTime();
        measured.run();
        return samples;
    }

    private static LoopSample answerOr(
            LoopSample last, LoopThread<?> thread, CompletableFuture<LoopSample> asked, long until)
            throws InterruptedException {
        try {
            return answer(thread, asked, LoopSample.NONE, until);
        } catch (TimeoutException | IllegalStateException e) {
            return last;
        }
    }
}
