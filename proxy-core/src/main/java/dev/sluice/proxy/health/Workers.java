package dev.sluice.proxy.health;

import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Threads for what blocks in a check, made when there is something to do. What finds no thread waits for one. On control's thread. */
final class Workers {
    /** So many at once: servers that do not answer hold one each until their check is over. */
    static final int MOST = 32;

    private static final long KEPT_SECONDS = 10;
    private static final long AGAIN_NANOS = 1_000_000_000;
    /** Who takes leave of a server when the proxy stops gets so long. */
    private static final long LEAVE_MILLIS = 500;

    /** Something that blocks, and what follows from it. */
    abstract static class Job {
        private boolean begun;

        /** On a thread that may block; lets nothing out. */
        abstract void work();

        /** On control's thread, once the work has ended. */
        abstract void done();
    }

    private final EventLoop loop;
    private final Function<Runnable, Thread> maker;
    private final Farewells farewells = new Farewells();
    private final AtomicInteger names = new AtomicInteger();
    private final Queue<Job> waiting = new ArrayDeque<>();
    private @Nullable ThreadPoolExecutor threads;
    private int running;

    Workers(EventLoop loop) {
        this(loop, Thread::new);
    }

    /**
     * @param maker makes threads; names and other properties are given to them here
     */
    Workers(EventLoop loop, Function<Runnable, Thread> maker) {
        this.loop = loop;
        this.maker = maker;
    }

    /** Begins it, or has it wait. */
    void submit(Job job) {
        if (running < MOST) {
            begin(job);
        } else {
            waiting.add(job);
        }
    }

    /**
     * What has not begun never will.
     *
     * @param job null when there is none
     * @return whether there is one that had not
     */
    boolean withdraw(@Nullable Job job) {
        if (job == null || job.begun) {
            return false;
        }
        waiting.remove(job);
        return true;
    }

    /** What is said of a server that was not asked, since all threads were busy. */
    static Verdict allBusy() {
        return Verdict.none("not asked: " + MOST + " other servers are slow to answer");
    }

    private void begin(Job job) {
        threads().execute(() -> {
            try {
                job.work();
            } finally {
                loop.post(() -> ended(job));
            }
        });
        job.begun = true;
        running++;
    }

    private void ended(Job job) {
        running--;
        try {
            job.done();
        } finally {
            Job next = waiting.poll();
            if (next != null) {
                begin(next);
            }
        }
    }

    /** Does something short that nobody waits for, on a thread that may block; where there is no memory for one, later. On control's thread. */
    void leave(Runnable leaving) {
        try {
            threads().execute(leaving);
        } catch (OutOfMemoryError e) { // "unable to create native thread"
            farewells.again(leaving);
        }
    }

    /** Those that have found no thread. */
    private final class Farewells extends Timer {
        private final List<Runnable> left = new ArrayList<>();

        void again(Runnable leaving) {
            left.add(leaving);
            loop.schedule(this, loop.now() + AGAIN_NANOS);
        }

        @Override
        protected void onTimer(long now) {
            List<Runnable> all = List.copyOf(left);
            left.clear();
            all.forEach(Workers.this::leave);
        }
    }

    private synchronized ExecutorService threads() {
        if (threads == null) {
            threads = new ThreadPoolExecutor(
                    0, Integer.MAX_VALUE, KEPT_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                        Thread thread = maker.apply(task);
                        thread.setName("sluice-check-" + names.incrementAndGet());
                        thread.setDaemon(true);
                        return thread;
                    });
        }
        return threads;
    }

    /** Begins nothing more, and waits a moment for what is being ended. */
    synchronized void close() {
        if (threads == null) {
            return;
        }
        threads.shutdown();
        try {
            threads.awaitTermination(LEAVE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
