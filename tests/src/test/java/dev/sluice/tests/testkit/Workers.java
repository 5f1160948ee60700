package dev.sluice.tests.testkit;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Threads of a test. None outlives it: closing interrupts them, which ends whatever they wait for on a socket. */
public final class Workers implements AutoCloseable {
    private static final long POLL_MILLIS = 5;
    /** Who has not moved for so long is taken to be stuck. It shapes the load; nothing is concluded from it. */
    private static final long STALL_NANOS = 100_000_000;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    /** Something that does work which may fail. */
    @FunctionalInterface
    public interface Work {
        void run() throws Exception;
    }

    public <T> Future<T> start(Callable<T> task) {
        return threads.submit(task);
    }

    public Future<?> run(Work work) {
        return threads.submit(() -> {
            work.run();
            return true;
        });
    }

    /** Runs what serves others: an error of the connection is how it ends, and any other failure is told by {@link #close}. */
    public void attend(Work work) {
        threads.execute(() -> {
            try {
                work.run();
            } catch (IOException | InterruptedException end) {
                return;
            } catch (Throwable failure) {
                failures.add(failure);
            }
        });
    }

    /** The outcome of a task that was started; its failure is the test's. */
    public static <T> T await(Future<T> task) {
        return await(task, SluiceProcess.PATIENCE);
    }

    public static <T> T await(Future<T> task, Duration patience) {
        try {
            return task.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(String.valueOf(e.getCause()), e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("not done in " + patience, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Runs all of it at once, and waits for all. */
    public void together(Duration patience, Work... works) {
        List<Future<?>> tasks = new ArrayList<>();
        for (Work work : works) {
            tasks.add(run(work));
        }
        awaitAll(tasks, patience);
    }

    public static void awaitAll(List<? extends Future<?>> tasks, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        tasks.forEach(task -> await(task, Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime()))));
    }

    /** Waits until the task, which sends through these, is done, or none of them gets anything sent any more. */
    public static void untilStalled(Future<?> task, Wire... senders) throws InterruptedException, IOException {
        long last = -1;
        long since = System.nanoTime();
        while (!task.isDone()) {
            long now = Stream.of(senders).mapToLong(Wire::sent).sum();
            // Who merely waits for the processor has no bytes waiting in its socket.
            if (now != last
                    || (System.nanoTime() - since > STALL_NANOS
                            && senders[0].queues().unacknowledged() == 0)) {
                last = now;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > STALL_NANOS) {
                return;
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Waits until the proxy's kernel has all that was sent. TCP only. */
    public static void untilAcknowledged(Wire wire) throws InterruptedException, IOException {
        long end = System.nanoTime() + SluiceProcess.PATIENCE.toNanos();
        while (wire.queues().unacknowledged() > 0) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("the proxy does not take what was sent: " + wire);
            }
            Thread.sleep(1);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
        for (Throwable failure : failures) {
            throw new AssertionError("a server failed: " + failure, failure);
        }
    }
}
