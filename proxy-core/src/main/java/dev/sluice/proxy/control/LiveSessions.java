package dev.sluice.proxy.control;

import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.LoopSample;
import dev.sluice.proxy.stats.Sample;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionQuery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * What callers on other threads want of the sessions that live: a letter goes to every loop, and what comes back is put together. Nobody
 * waits for a loop for longer than he wants, and a loop that has ended has no sessions.
 */
public final class LiveSessions {
    /** What was measured so lately is good enough for the next one who asks: however many do, it costs the loops little. */
    private static final long SAMPLE_NANOS = 1_000_000_000;

    private final List<LoopThread<DataLoop>> loops;
    private final Runnable measured;

    /** The data loops, and control's last. */
    private final List<Asked<?>> asked = new ArrayList<>();

    private long askedAt;

    /**
     * @param loops started
     * @param control has no sessions, but must turn, too
     * @param measured is told when all loops have measured some sessions
     */
    LiveSessions(List<LoopThread<DataLoop>> loops, LoopThread<Control> control, Runnable measured) {
        this.loops = loops;
        this.measured = measured;
        loops.forEach(loop -> asked.add(new Asked<>(loop, on -> on.reception().sample())));
        asked.add(new Asked<>(control, on -> LoopSample.NONE));
        this.askedAt = System.nanoTime() - SAMPLE_NANOS;
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
     * Has each loop ask the kernel about some of its sessions, others each time, and say what it has. That is done once a second at most, and
     * a loop that has not answered yet is not asked again.
     *
     * @param patience how long a loop may take; one that takes longer is silent, and told of as it was
     */
    public synchronized Sample sample(Duration patience) {
        boolean anew = System.nanoTime() - askedAt >= SAMPLE_NANOS;
        if (anew) {
            askedAt = System.nanoTime();
            asked.forEach(Asked::askAgain);
        }
        List<String> silent = new ArrayList<>();
        try {
            for (Asked<?> one : asked) {
                if (!one.hasAnswered(patience)) {
                    silent.add(one.thread.name());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (anew) {
            measured.run();
        }
        return new Sample(
                asked.stream().limit(loops.size()).map(one -> one.last).toList(), List.copyOf(silent));
    }

    /** What a loop was asked last, and what it has told. */
    private static final class Asked<T extends LoopThread.Tenant> {
        private final LoopThread<T> thread;
        private final Function<T, LoopSample> question;
        private CompletableFuture<LoopSample> letter = CompletableFuture.completedFuture(LoopSample.NONE);
        private long sentAt;
        private LoopSample last = LoopSample.NONE;

        Asked(LoopThread<T> thread, Function<T, LoopSample> question) {
            this.thread = thread;
            this.question = question;
        }

        void askAgain() {
            if (letter.isDone()) {
                sentAt = System.nanoTime();
                letter = thread.ask(on -> CompletableFuture.completedFuture(question.apply(on)));
            }
        }

        /** Within so long after it was asked: who has been silent for longer is not waited for again. */
        boolean hasAnswered(Duration patience) throws InterruptedException {
            long left = sentAt + patience.toNanos() - System.nanoTime();
            try {
                last = letter.get(Math.max(0, left), TimeUnit.NANOSECONDS);
                return true;
            } catch (ExecutionException e) {
                boolean ended = e.getCause() instanceof LoopThread.Ended;
                last = ended ? LoopSample.NONE : last.silentFor(0);
                return !ended; // one that was short of memory has turned all the same
            } catch (TimeoutException | CancellationException e) {
                last = last.silentFor(Math.max(1, System.nanoTime() - sentAt));
                return false;
            }
        }
    }
}
