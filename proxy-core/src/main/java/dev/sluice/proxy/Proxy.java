package dev.sluice.proxy;

import dev.sluice.linux.Address;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.ProxySnapshot;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Resolver;
import dev.sluice.proxy.upstream.Upstream;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A running proxy. Its methods may be called from any thread but those of its own loops.
 */
public final class Proxy implements AutoCloseable {
    private static final long DRAIN_POLL_MILLIS = 10;

    private final Supplier<Kernel> kernels;
    private final List<BoundListener> listeners;
    private final List<ListenSocket> sockets;
    private final List<Worker> workers;
    private final List<AtomicInteger> loads;
    private final DescriptorBudget budget;
    private boolean accepting = true;
    private boolean closed;

    private Proxy(
            Supplier<Kernel> kernels,
            List<BoundListener> listeners,
            List<ListenSocket> sockets,
            List<Worker> workers,
            List<AtomicInteger> loads,
            DescriptorBudget budget) {
        this.loads = loads;
        this.kernels = kernels;
        this.budget = budget;
        this.listeners = listeners;
        this.sockets = sockets;
        this.workers = workers;
    }

    /**
     * Starts a proxy: when this returns, every listener accepts.
     *
     * @param observer is told of ended sessions and warnings, on the loops' threads
     * @throws ProxyStartException when an address cannot be bound, a host does not resolve, or descriptors run out; nothing is
     *     left behind
     */
    public static Proxy start(ProxyConfig config, ProxyObserver observer) throws ProxyStartException {
        return start(config, observer, LinuxKernel::open);
    }

    /**
     * @param kernels gives each thread that asks a kernel of its own
     */
    static Proxy start(ProxyConfig config, ProxyObserver observer, Supplier<Kernel> kernels)
            throws ProxyStartException {
        Map<String, Upstream> upstreams = resolveUpstreams(config.upstreams());
        List<Address> binds = new ArrayList<>();
        for (ListenerConfig listener : config.listeners()) {
            binds.add(resolve(listener.bind(), "listener").getFirst());
        }
        List<ListenSocket> sockets = new ArrayList<>();
        List<BoundListener> bound = new ArrayList<>();
        DescriptorBudget budget = new DescriptorBudget();
        List<AtomicInteger> loads = Stream.generate(AtomicInteger::new)
                .limit(config.loops().threads())
                .toList();
        try (Kernel kernel = kernels.get()) {
            try {
                for (int i = 0; i < binds.size(); i++) {
                    ListenSocket socket = ListenSocket.open(kernel, binds.get(i));
                    sockets.add(socket);
                    bound.add(new BoundListener(config.listeners().get(i), socket.address()));
                }
                budget.hold(kernel);
                List<Worker> workers = startWorkers(config, observer, kernels, sockets, upstreams, loads, budget);
                return new Proxy(kernels, List.copyOf(bound), List.copyOf(sockets), workers, loads, budget);
            } catch (IOException e) {
                sockets.forEach(socket -> socket.close(kernel));
                budget.spend(kernel);
                throw new ProxyStartException(String.valueOf(e.getMessage()));
            }
        }
    }

    private static Map<String, Upstream> resolveUpstreams(List<UpstreamConfig> configs) throws ProxyStartException {
        Map<String, Upstream> upstreams = new HashMap<>();
        for (UpstreamConfig config : configs) {
            List<List<Address>> endpoints = new ArrayList<>();
            for (EndpointAddress endpoint : config.endpoints()) {
                endpoints.add(resolve(endpoint, "upstream"));
            }
            upstreams.put(config.name(), new Upstream(endpoints));
        }
        return upstreams;
    }

    private static List<Address> resolve(EndpointAddress endpoint, String of) throws ProxyStartException {
        try {
            return Resolver.resolve(endpoint);
        } catch (UnknownHostException e) {
            throw new ProxyStartException(of + " " + endpoint
                    + ": the host does not resolve; check its spelling, /etc/hosts and /etc/resolv.conf");
        } catch (IllegalArgumentException e) {
            throw new ProxyStartException(of + " " + endpoint + ": " + e.getMessage());
        }
    }

    private static List<Worker> startWorkers(
            ProxyConfig config,
            ProxyObserver observer,
            Supplier<Kernel> kernels,
            List<ListenSocket> sockets,
            Map<String, Upstream> upstreams,
            List<AtomicInteger> loads,
            DescriptorBudget budget)
            throws IOException {
        List<Worker.Entrance> entrances = new ArrayList<>();
        for (int i = 0; i < sockets.size(); i++) {
            ListenerConfig listener = config.listeners().get(i);
            Upstream upstream = upstreams.get(listener.upstream());
            if (upstream != null) {
                entrances.add(new Worker.Entrance(sockets.get(i), listener, upstream, new LoopBalancer(loads)));
            }
        }
        int firstEphemeralPort = ConnectSettings.firstEphemeralPort();
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < config.loops().threads(); i++) {
            workers.add(new Worker(i, config, observer, kernels, entrances, loads.get(i), budget, firstEphemeralPort));
        }
        List<CompletableFuture<EventLoop>> starts =
                workers.stream().map(Worker::start).toList();
        try {
            starts.forEach(CompletableFuture::join);
        } catch (CompletionException e) {
            stopStarted(workers, starts);
            throw new IOException("cannot start " + config.loops().threads() + " loops: "
                    + (e.getCause() instanceof KernelException k ? k.getMessage() : e.getCause()));
        }
        workers.forEach(Worker::openListeners);
        return List.copyOf(workers);
    }

    private static void stopStarted(List<Worker> workers, List<CompletableFuture<EventLoop>> starts) {
        for (int i = 0; i < workers.size(); i++) {
            if (starts.get(i).handle((loop, error) -> error == null).join()) {
                workers.get(i).stop();
            }
        }
    }

    /** What it listens on, in the order of the configuration. */
    public List<BoundListener> listeners() {
        return listeners;
    }

    /** The counters of now. */
    public ProxySnapshot snapshot() {
        return new ProxySnapshot(workers.stream().map(Worker::stats).toList());
    }

    /**
     * Stops accepting and waits for the sessions to end. New connections are refused from here on.
     *
     * @param timeout how long to wait at most
     * @return whether all have ended
     */
    public boolean drain(Duration timeout) throws InterruptedException {
        stopAccepting();
        long end = System.nanoTime() + timeout.toNanos();
        while (sessions() > 0) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            Thread.sleep(DRAIN_POLL_MILLIS);
        }
        return true;
    }

    /** Those on their way from one loop to another included, which no loop counts as active yet. */
    private int sessions() {
        int sum = 0;
        for (AtomicInteger load : loads) {
            sum += load.get();
        }
        return sum;
    }

    private synchronized void stopAccepting() {
        if (!accepting) {
            return;
        }
        accepting = false;
        // Closed only when no loop can call accept on it any more: by then the descriptor may be somebody else's.
        workers.stream().map(Worker::closeListeners).toList().forEach(CompletableFuture::join);
        try (Kernel kernel = kernels.get()) {
            sockets.forEach(socket -> socket.close(kernel));
        }
    }

    /** Stops accepting, cuts the sessions that are left with a reset, and waits for the loops to end. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        stopAccepting();
        workers.forEach(Worker::stop);
        boolean interrupted = false;
        for (Worker worker : workers) {
            while (true) {
                try {
                    worker.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        try (Kernel kernel = kernels.get()) {
            budget.spend(kernel);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
