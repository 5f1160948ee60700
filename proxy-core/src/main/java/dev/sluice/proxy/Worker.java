package dev.sluice.proxy;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.listen.Acceptor;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.upstream.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** One event loop's thread and what lives on it. */
final class Worker {
    /** One listening socket, as every worker gets it. */
    record Entrance(ListenSocket socket, ListenerConfig config, Upstream upstream, LoopBalancer balancer) {}

    private final int index;
    private final ProxyConfig config;
    private final ProxyObserver observer;
    private final Supplier<Kernel> kernels;
    private final List<Entrance> entrances;
    private final AtomicInteger load;
    private final DescriptorBudget budget;
    private final int firstEphemeralPort;
    private final LoopStats stats = new LoopStats();
    private final Thread thread;
    private final CompletableFuture<EventLoop> started = new CompletableFuture<>();
    private final List<Acceptor> listeners = new ArrayList<>();

    Worker(
            int index,
            ProxyConfig config,
            ProxyObserver observer,
            Supplier<Kernel> kernels,
            List<Entrance> entrances,
            AtomicInteger load,
            DescriptorBudget budget,
            int firstEphemeralPort) {
        this.index = index;
        this.config = config;
        this.observer = observer;
        this.kernels = kernels;
        this.entrances = entrances;
        this.load = load;
        this.budget = budget;
        this.firstEphemeralPort = firstEphemeralPort;
        this.thread = new Thread(this::run, "sluice-loop-" + index);
    }

    /**
     * Starts the thread.
     *
     * @return the loop once it is ready, or with the {@link KernelException} that it could not start with
     */
    CompletableFuture<EventLoop> start() {
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            started.completeExceptionally(e); // no more threads (pthread_create(3), EAGAIN)
        }
        return started;
    }

    LoopStats stats() {
        return stats;
    }

    /** Begins to accept, once every worker has entered its shares. */
    void openListeners() {
        post(() -> {
            for (Acceptor listener : listeners) {
                int result = listener.open();
                if (result < 0) {
                    observer.warning("loop " + index + " cannot accept: " + Errno.describe(-result));
                }
            }
        });
    }

    /** Stops accepting; the answer comes when no call to the listening sockets can follow. */
    CompletableFuture<Void> closeListeners() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        post(() -> {
            try {
                listeners.forEach(Acceptor::drain);
            } finally {
                closed.complete(null);
            }
        });
        return closed;
    }

    /** Cuts what is left and ends the thread. */
    void stop() {
        post(started.join()::stop);
    }

    void join() throws InterruptedException {
        thread.join();
    }

    private void post(Runnable task) {
        started.join().post(task);
    }

    private void run() {
        try (Kernel kernel = kernels.get();
                EventLoop loop = new EventLoop(
                        kernel,
                        kernels,
                        stats,
                        observer,
                        config.loops().busyPoll().toNanos())) {
            try (RelayContext context = new RelayContext(
                    kernel,
                    loop,
                    observer,
                    load,
                    config.buffers(),
                    config.loops().threads())) {
                for (Entrance entrance : entrances) {
                    listeners.add(new Acceptor(
                            context,
                            entrance.socket(),
                            entrance.config(),
                            entrance.upstream(),
                            budget,
                            firstEphemeralPort,
                            entrance.balancer(),
                            index));
                }
                started.complete(loop);
                loop.run();
            }
        } catch (RuntimeException | Error e) {
            // Once started, there is nobody left to tell but the thread's handler.
            if (!started.completeExceptionally(e)) {
                throw e;
            }
        }
    }
}
