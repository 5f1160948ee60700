package dev.sluice.proxy.control;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * A thread with an event loop, and whatever lives on it.
 *
 * @param <T> what lives on the loop, closed when the loop has ended
 */
public final class LoopThread<T extends LoopThread.Tenant> {
    /** What lives on a loop. */
    public interface Tenant extends AutoCloseable {
        /** The loop has ended: gives back what is left, on the loop's thread. */
        @Override
        void close();
    }

    /** What is made on the loop's thread before it turns. */
    public record Live<T>(EventLoop loop, T on) {}

    private final Supplier<Kernel> kernels;
    private final ProxyObserver observer;
    private final long busyPollNanos;
    private final BiFunction<Kernel, EventLoop, T> tenant;
    private final LoopStats stats = new LoopStats();
    private final Thread thread;
    private final CompletableFuture<Live<T>> started = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    /** Calls without an answer: a loop that dies gives none, and its callers must not wait for ever. */
    private final Set<CompletableFuture<Void>> pending = ConcurrentHashMap.newKeySet();

    /**
     * Not started yet.
     *
     * @param kernels gives each thread that asks a kernel of its own
     * @param busyPollNanos how long the loop looks for events before it sleeps; 0 = not at all
     * @param tenant makes what lives on the loop, on its thread
     */
    public LoopThread(
            String name,
            Supplier<Kernel> kernels,
            ProxyObserver observer,
            long busyPollNanos,
            BiFunction<Kernel, EventLoop, T> tenant) {
        this.kernels = kernels;
        this.observer = observer;
        this.busyPollNanos = busyPollNanos;
        this.tenant = tenant;
        this.thread = new Thread(this::run, name);
    }

    /**
     * Starts the thread.
     *
     * @return what lives there once it is ready, or why it could not start
     */
    public CompletableFuture<Live<T>> start() {
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            started.completeExceptionally(e); // no more threads (pthread_create(3), EAGAIN)
            ended.complete(null);
        }
        return started;
    }

    public LoopStats stats() {
        return stats;
    }

    /** What lives on the loop, which must have started; it may be touched on the loop's thread only, unless it says otherwise. */
    public T on() {
        return started.join().on();
    }

    /**
     * Runs the task on the loop's thread.
     *
     * @return completes when it has run, or with what it threw; also when the loop has ended and never will run it
     */
    public CompletableFuture<Void> call(Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        pending.add(done);
        if (ended.isDone()) {
            forget(done);
            return done;
        }
        started.join().loop().post(() -> {
            try {
                task.run();
            } catch (RuntimeException | OutOfMemoryError e) {
                done.completeExceptionally(e);
                throw e;
            } finally {
                forget(done);
            }
        });
        return done;
    }

    @SuppressWarnings("UndefinedEquals") // identity is what a future has, and what is meant
    private void forget(CompletableFuture<Void> done) {
        pending.remove(done);
        done.complete(null);
    }

    /** Cuts what is left and ends the thread. One that could not start has ended by itself. */
    public void stop() {
        if (started.handle((live, error) -> error == null).join()) {
            var _ = call(started.join().loop()::stop);
        }
    }

    /** Completes when the thread has given back all that it had, however it ended. */
    public CompletableFuture<Void> ended() {
        return ended;
    }

    /** Waits for the end of the thread itself. */
    public void join() throws InterruptedException {
        thread.join();
    }

    private void run() {
        try (Kernel kernel = kernels.get();
                EventLoop loop = new EventLoop(kernel, kernels, stats, observer, busyPollNanos)) {
            try (T on = tenant.apply(kernel, loop)) {
                started.complete(new Live<>(loop, on));
                loop.run();
            }
        } catch (RuntimeException | Error e) {
            // Once started, there is nobody left to tell but the thread's handler.
            if (!started.completeExceptionally(e)) {
                throw e;
            }
        } finally {
            ended.complete(null);
            pending.forEach(this::forget);
        }
    }
}
