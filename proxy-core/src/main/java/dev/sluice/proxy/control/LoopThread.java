package dev.sluice.proxy.control;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.cpu.Placement;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Spin;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.TurnTimes;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * A thread with an event loop, and whatever lives on it.
 *
 * @param <T> what lives on the loop, closed when the loop has ended
 */
public final class LoopThread<T extends LoopThread.Tenant> {
    /** Of each loop: its epoll, its eventfd, and what one that learns to spin reads. */
    static final int DESCRIPTORS = 3;

    /** What lives on a loop. */
    public interface Tenant extends AutoCloseable {
        /** The loop has ended: gives back what is left, on the loop's thread. */
        @Override
        void close();
    }

    /** What is made on the loop's thread before it turns. */
    public record Live<T>(EventLoop loop, T on) {}

    /** Something that is asked for on the loop's thread. */
    public interface Request<T, A> {
        /** Begins, on the loop's thread. */
        CompletableFuture<A> of(T on) throws Refusal;
    }

    /** The loop has ended, and gives no answer any more. */
    public static final class Ended extends IllegalStateException {
        private static final long serialVersionUID = 1;

        Ended(String name) {
            super(name + " has ended");
        }
    }

    private final Supplier<Kernel> kernels;
    private final ProxyObserver observer;
    private final Spin spin;
    private final int cpu;
    private final BiFunction<Kernel, EventLoop, T> tenant;
    private final LoopStats stats;
    private final Thread thread;
    private final CompletableFuture<Live<T>> started = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    /** What was asked for and has no answer: a loop that dies gives none, and its callers must not wait for ever. */
    private final Set<CompletableFuture<?>> pending = ConcurrentHashMap.newKeySet();

    /**
     * Not started yet.
     *
     * @param kernels gives each thread that asks a kernel of its own
     * @param spin whether the loop looks for events for some time before it sleeps
     * @param cpu the only one that the thread runs on, or {@link Placement#ANY}
     * @param tenant makes what lives on the loop, on its thread
     */
    public LoopThread(
            String name,
            Supplier<Kernel> kernels,
            ProxyObserver observer,
            Spin spin,
            int cpu,
            BiFunction<Kernel, EventLoop, T> tenant) {
        this.kernels = kernels;
        this.observer = observer;
        this.spin = spin;
        this.cpu = cpu;
        this.tenant = tenant;
        this.stats = new LoopStats(observer.wantsTurnTimes() ? new TurnTimes(System.nanoTime()) : null);
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

    public String name() {
        return thread.getName();
    }

    public LoopStats stats() {
        return stats;
    }

    /** What lives on the loop, which must have started; it may be touched on the loop's thread only, unless it says otherwise. */
    public T on() {
        return started.join().on();
    }

    /**
     * Asks for something on the loop's thread. The answer may come later, and from another thread.
     *
     * @return the answer, or what the request threw; {@link Ended} when the loop ends before there is one
     */
    @SuppressWarnings("UndefinedEquals") // identity is what a future has, and what is meant
    public <A> CompletableFuture<A> ask(Request<T, A> request) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        pending.add(answer);
        var _ = answer.whenComplete((value, error) -> pending.remove(answer));
        if (ended.isDone() || !started.join().loop().post(() -> begin(request, answer))) {
            answer.completeExceptionally(new Ended(thread.getName()));
        }
        return answer;
    }

    private <A> void begin(Request<T, A> request, CompletableFuture<A> answer) {
        try {
            var _ = request.of(on()).whenComplete((value, error) -> {
                if (error == null) {
                    answer.complete(value);
                } else {
                    answer.completeExceptionally(error);
                }
            });
        } catch (Refusal | RuntimeException | OutOfMemoryError e) {
            answer.completeExceptionally(e); // any other error ends the loop
        }
    }

    /**
     * Runs the task on the loop's thread.
     *
     * @return true when it has run, or what it threw; false when the loop has ended, without the task or by it
     */
    public CompletableFuture<Boolean> call(Runnable task) {
        CompletableFuture<Boolean> done = ask(on -> {
            task.run();
            return CompletableFuture.completedFuture(true);
        });
        return done.exceptionally(error -> {
            if (error instanceof Ended) {
                return false;
            }
            throw new CompletionException(error);
        });
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

    /** Before anything is made: memory is near the CPU that touches it first (numa(7)). */
    private Kernel pinned(Kernel kernel) {
        int result = cpu == Placement.ANY ? 0 : kernel.setAffinity(cpu);
        if (result < 0) {
            kernel.close();
        }
        Errno.check(result, "sched_setaffinity");
        return kernel;
    }

    private void run() {
        try (Kernel kernel = pinned(kernels.get());
                EventLoop loop = new EventLoop(kernel, kernels, stats, observer, spin)) {
            try (T on = tenant.apply(kernel, loop)) {
                started.complete(new Live<>(loop, on));
                loop.run();
            }
        } catch (RuntimeException | Error e) {
            if (!started.completeExceptionally(e)) {
                observer.warning(thread.getName() + " has died: " + e
                        + "; what it did is cut, what others do goes on, and only a restart brings it back");
                throw e; // to the thread's handler, which shows where
            }
        } finally {
            ended.complete(null);
            pending.forEach(answer -> answer.completeExceptionally(new Ended(thread.getName())));
        }
    }
}
