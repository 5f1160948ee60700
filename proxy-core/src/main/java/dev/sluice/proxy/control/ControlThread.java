package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.proxy.arrive.Reception;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.cpu.CpuQuota;
import dev.sluice.proxy.cpu.Placement;
import dev.sluice.proxy.cpu.SpinAdvice;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.Spin;
import dev.sluice.proxy.loop.SpinPermits;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.ListenerSnapshot;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.takeover.ByHand;
import dev.sluice.proxy.takeover.OfferedSocket;
import dev.sluice.proxy.upstream.ConnectContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All threads of a proxy, the control loop's and the data loops', for callers on other threads. None of them waits for a loop that has
 * died.
 */
public final class ControlThread implements AutoCloseable {
    private static final long IDLE_POLL_NANOS = 10_000_000;
    /** Control's own loop has no sessions to count. */
    private static final int NO_LOOP = -1;

    private final LoopBalancer balancer;
    private final List<LoopThread<DataLoop>> loops;
    private final LoopThread<Control> control;
    private final DescriptorBudget budget;
    private final LiveSessions live;
    private final @Nullable QuotaWatch watch;

    private ControlThread(
            LoopBalancer balancer,
            List<LoopThread<DataLoop>> loops,
            LoopThread<Control> control,
            DescriptorBudget budget,
            @Nullable QuotaWatch watch) {
        this.watch = watch;
        this.balancer = balancer;
        this.budget = budget;
        this.loops = loops;
        this.control = control;
        this.live = new LiveSessions(loops, control, () -> control.on().settlePaths());
    }

    /**
     * Starts all loops; nothing is accepted yet.
     *
     * @throws Refusal when one cannot start, with the reason; then none is left running
     */
    public static ControlThread start(
            ProxyConfig config,
            ProxyObserver observer,
            Supplier<Kernel> kernels,
            Resolver resolver,
            Roles roles,
            Activation activation)
            throws Refusal {
        Placement placement = placement(config.loops());
        DescriptorBudget budget;
        try (Kernel kernel = kernels.get()) {
            budget = DescriptorBudget.ofProcess(kernel);
        }
        int count = config.loops().threads();
        budget.claim(LoopThread.DESCRIPTORS * (count + 1)); // with less than that no loop starts anyway
        LoopBalancer balancer = new LoopBalancer(
                Stream.generate(AtomicInteger::new).limit(count).toList(), placement.cpus());
        int ephemeralFrom = ConnectContext.firstEphemeralPort();
        Spin spin = spin(config.loops());
        SpinPermits permits = spin.permits();
        List<LoopThread<DataLoop>> loops = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            loops.add(new LoopThread<>(
                    "sluice-loop-" + i, kernels, observer, spin, placement.cpu(i), (kernel, loop) -> {
                        RelayContext relay = new RelayContext(
                                kernel, loop, observer, balancer.load(index), budget, config.buffers(), count);
                        ConnectContext connect =
                                new ConnectContext(kernel, loop, index, ephemeralFrom, observer::warning);
                        return new DataLoop(relay, new Reception(relay, connect, budget, balancer, index));
                    }));
        }
        List<LoopThread<DataLoop>> all = List.copyOf(loops);
        LoopThread<Control> control =
                new LoopThread<>("sluice-control", kernels, observer, Spin.NONE, Placement.ANY, (kernel, loop) -> {
                    ConnectContext connect =
                            new ConnectContext(kernel, loop, NO_LOOP, ephemeralFrom, observer::warning);
                    return new Control(
                            kernel,
                            kernels,
                            loop,
                            budget,
                            connect,
                            observer,
                            resolver,
                            roles,
                            activation,
                            balancer,
                            all);
                });
        List<LoopThread<?>> threads = new ArrayList<>(loops);
        threads.add(control);
        startAll(threads);
        List<Reception> receptions =
                all.stream().map(thread -> thread.on().reception()).toList();
        CompletableFuture.allOf(all.stream()
                        .map(thread -> thread.call(() -> thread.on().reception().meet(receptions)))
                        .toArray(CompletableFuture[]::new))
                .join();
        QuotaWatch watch = permits == null
                ? null
                : new QuotaWatch(
                        CpuQuota.ofProcess()::read,
                        permits::withhold,
                        all.stream().map(LoopThread::stats).toList());
        if (watch != null && !watch.start(Thread::new)) {
            observer.warning("no loop spins: there is no thread that could watch the CPU quota");
        }
        return new ControlThread(balancer, all, control, budget, watch);
    }

    private static Placement placement(LoopSettings loops) throws Refusal {
        try {
            return Placement.here(loops.pin(), loops.threads());
        } catch (IllegalArgumentException e) {
            throw new Refusal("cannot pin loops: " + e.getMessage());
        }
    }

    /** As configured; loops that find out by themselves whether it pays do not spin on a machine where it never does. */
    private static Spin spin(LoopSettings loops) {
        BusyPoll busyPoll = loops.busyPoll();
        long nanos = busyPoll.most().toNanos();
        if (!busyPoll.auto()) {
            return new Spin(nanos, null);
        }
        int atOnce = SpinAdvice.here(loops.threads()).atOnce();
        return atOnce == 0 ? Spin.NONE : new Spin(nanos, new SpinPermits(atOnce, loops.threads()));
    }

    private static void startAll(List<LoopThread<?>> threads) throws Refusal {
        List<CompletableFuture<?>> starts = new ArrayList<>();
        threads.forEach(thread -> starts.add(thread.start()));
        try {
            starts.forEach(CompletableFuture::join);
        } catch (CompletionException e) {
            threads.forEach(LoopThread::stop);
            threads.forEach(thread -> thread.ended().join());
            throw new Refusal("cannot start " + threads.size() + " loops: "
                    + (e.getCause() instanceof KernelException k ? k.getMessage() : e.getCause()));
        }
    }

    /**
     * Applies a configuration; blocks until every loop goes by it.
     *
     * @return the sockets of the listeners that listen, in the order of the configuration
     * @throws Refusal when it cannot be applied; then everything goes on as it was
     */
    public List<ListenSocket> apply(Resolved next) throws Refusal {
        return ask(on -> on.apply(next));
    }

    /**
     * Pauses an upstream, or goes on.
     *
     * @throws Refusal when there is no such upstream
     */
    public void pause(String upstream, boolean on) throws Refusal {
        ask(thread -> thread.orders().pause(upstream, on));
    }

    /**
     * Ends some sessions of an upstream.
     *
     * @return how many
     * @throws Refusal when there is no such upstream
     */
    public int rebalance(String upstream, double fraction) throws Refusal {
        return ask(on -> on.orders().rebalance(upstream, fraction));
    }

    /** Stops accepting; when this returns, the listening sockets are closed, unless there are no descriptors for who had connected. */
    public void stopAccepting() {
        control.ask(Control::stopAccepting)
                .exceptionallyCompose(error -> error instanceof LoopThread.Ended
                        ? control.on().stopAccepting() // nobody else touches it any more
                        : CompletableFuture.failedFuture(error))
                .exceptionally(error -> null)
                .join();
    }

    /**
     * Tells when there has been no connection for so long.
     *
     * @param time how long; zero = never
     * @param told is run each time, on control's thread
     */
    public void whenIdle(Duration time, Runnable told) {
        control.call(() -> control.on().whenIdle(time.toNanos(), told)).join();
    }

    /** Stops accepting if that is so; whether it was. When this returns true, the listening sockets are closed. */
    public boolean stopIfIdle() throws Refusal {
        return ask(Control::stopIfIdle);
    }

    /**
     * Sets by hand what was in the process before, as far as the first configuration has it.
     *
     * @return what it has
     */
    public List<ByHand> restore(List<ByHand> before, Resolved first) throws Refusal {
        return ask(on -> CompletableFuture.completedFuture(on.restore(before, first)));
    }

    /** What was set by hand here. */
    public List<ByHand> byHand() throws Refusal {
        return ask(on -> CompletableFuture.completedFuture(on.byHand()));
    }

    /**
     * Checks the endpoints of the first configuration before it is applied, and waits until it is known which of them are up, so that who
     * is accepted then is not refused for want of a check.
     *
     * @param most how long at most; those that are not known by then are as they start
     */
    public void check(Resolved first, Duration most) throws Refusal {
        try {
            var _ = control.<Void>ask(on -> on.check(first)).get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw refusal(e);
        } catch (TimeoutException e) {
            return; // the others are as they start
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Refusal refusal(Exception e) {
        return e.getCause() instanceof Refusal refusal ? refusal : new Refusal("cannot do that: " + e.getCause());
    }

    /**
     * Takes listening sockets of another process in, for the first configuration.
     *
     * @throws Refusal when there are no descriptors for them; then they stay the caller's
     */
    public void inherit(List<OfferedSocket> offered) throws Refusal {
        ask(on -> {
            on.inherit(offered);
            return CompletableFuture.completedFuture(true);
        });
    }

    /** The other process accepts no more on what was taken over. */
    public void own() {
        control.call(() -> control.on().own()).join();
    }

    /** What a successor can take over. */
    public List<OfferedSocket> offer() throws Refusal {
        return ask(on -> CompletableFuture.completedFuture(on.offer()));
    }

    /** Stops accepting, in favour of a successor that accepts on these; when this returns, nothing is accepted on them here. */
    public void cede(Set<ListenSocket> ceded) throws Refusal {
        ask(on -> on.cede(ceded).handle((swapped, error) -> error == null));
    }

    /** Nobody took over what was offered: goes on as before. */
    public void keep() {
        control.call(() -> control.on().keep()).join();
    }

    /** Descriptors of the process that something else than sessions needs. */
    public void claim(int descriptors) {
        budget.claim(descriptors); // with less, the kernel's own refusal must do
    }

    private <A> A ask(LoopThread.Request<Control, A> request) throws Refusal {
        try {
            return control.ask(request).join();
        } catch (CompletionException e) {
            throw refusal(e);
        }
    }

    /**
     * Waits until there are no connections left, those in the backlog of a listener that is gone included. They end on other threads, and none tells of it: so this one looks.
     *
     * @return whether there are none; false when the time was up
     */
    public boolean awaitIdle(Duration timeout) throws InterruptedException {
        long until = System.nanoTime() + timeout.toNanos();
        while (control.on().isLeaving() || balancer.total() > 0) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(Math.min(left, IDLE_POLL_NANOS));
        }
        return true;
    }

    /**
     * Sets an endpoint by hand; blocks until every loop knows.
     *
     * @param close whether its sessions end when it is set down, even if its upstream keeps them
     * @throws NoSuchElementException when there is no such endpoint
     * @throws IllegalStateException when a successor is taking over at this moment
     * @throws LoopThread.Ended when the proxy has stopped
     */
    public void byHand(String upstream, Address address, AdminState state, boolean close) {
        try {
            var _ = control.<Void>ask(on -> on.orders().set(upstream, address, state, close))
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /**
     * Sends a letter to every loop, control's included, and waits until all have come back.
     *
     * @param timeout how long to wait at most
     * @return the names of the loops whose letter has not; a loop that has ended is one of them
     */
    public List<String> silent(Duration timeout) throws InterruptedException {
        Map<String, CompletableFuture<Boolean>> letters = new LinkedHashMap<>();
        loops.forEach(thread -> letters.put(thread.name(), thread.call(() -> {})));
        letters.put(control.name(), control.call(() -> {}));
        try {
            CompletableFuture.allOf(letters.values().toArray(CompletableFuture[]::new))
                    .get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // those without an answer are told apart below
        }
        return letters.entrySet().stream()
                .filter(letter -> !letter.getValue().isDone()
                        || letter.getValue().isCompletedExceptionally()
                        || !letter.getValue().join())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The sessions that live. */
    public LiveSessions live() {
        return live;
    }

    /** What is known of every endpoint. */
    public List<EndpointSnapshot> endpoints() {
        return control.on().endpoints();
    }

    /** What is known of every listener, in the order of the configuration. */
    public List<ListenerSnapshot> listeners() {
        return control.on().listeners();
    }

    /** What is known of every upstream. */
    public List<UpstreamSnapshot> upstreams() {
        return control.on().upstreams();
    }

    /** What was counted for every listener that there was. */
    public List<ListenerStats> listenerStats() {
        return control.on().listenerStats();
    }

    /** The counters of each data loop. */
    public List<LoopStats> stats() {
        return loops.stream().map(LoopThread::stats).toList();
    }

    /** Cuts what is left and waits for every thread to end. */
    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
        List<LoopThread<?>> threads = new ArrayList<>(loops);
        threads.add(control);
        threads.forEach(LoopThread::stop);
        boolean interrupted = false;
        for (LoopThread<?> thread : threads) {
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
