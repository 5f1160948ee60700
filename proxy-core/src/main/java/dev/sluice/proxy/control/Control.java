package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.arrive.Route;
import dev.sluice.proxy.arrive.Routes;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.HealthPolicy.OnDown;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.health.HealthKeeper;
import dev.sluice.proxy.health.ProbeContext;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.takeover.OfferedSocket;
import dev.sluice.proxy.upstream.ConnectContext;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Upstream;
import dev.sluice.proxy.upstream.UpstreamState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Applies configurations to the data loops. On the control loop's thread, but for {@link #endpoints}.
 *
 * <pre>
 *   Resolved ──bind what is new──▶ Routes ──posted──▶ loops 1 … n ──all have swapped──▶ loop 0, which closes
 *        └──cannot be bound: Refusal, and nothing has changed                            the sockets that are gone
 * </pre>
 */
public final class Control implements LoopThread.Tenant, HealthKeeper.Listener, Names.Listener {
    private static final long FIRST_RETIRE_NANOS = 100_000_000;
    private static final long LAST_RETIRE_NANOS = 1_000_000_000;

    private final EventLoop loop;
    private final DataLoops loops;
    private final ListenSockets sockets;
    private final EndpointRegistry endpoints;
    private final HealthKeeper health;
    private final ProxyObserver observer;
    private final Retirement retirement = new Retirement();
    private final Names names;
    /** What waits until the loops have gone over to something else; each of them makes them go over again, or does nothing. */
    private final Queue<Runnable> afterSwap = new ArrayDeque<>();

    private @Nullable ProxyConfig current;
    private @Nullable Resolved resolved;
    /** Nothing is accepted any more. */
    private boolean ending;

    private List<Route> routes = List.of();
    /** By name; of those that are gone, too, so that sums only grow. */
    private final Map<String, ListenerStats> listeners = new ConcurrentHashMap<>();

    /** When the sessions that were to end last have ended. */
    private CompletableFuture<Void> closing = CompletableFuture.completedFuture(null);

    /** Some loops may go by the routes before. */
    private boolean swapping;
    /** Routes of earlier configurations that connections may still be on. */
    private final List<Route> former = new ArrayList<>();

    /**
     * @param kernels gives each thread that asks a kernel of its own
     * @param connect of this loop
     * @param observer is told of endpoints that go up or down
     * @param resolver looks names up again
     * @param loops the data loops, started
     */
    public Control(
            Kernel kernel,
            Supplier<Kernel> kernels,
            EventLoop loop,
            DescriptorBudget budget,
            ConnectContext connect,
            ProxyObserver observer,
            Resolver resolver,
            List<LoopThread<DataLoop>> loops) {
        this.loop = loop;
        this.observer = observer;
        this.sockets = new ListenSockets(kernel, budget);
        this.loops = new DataLoops(kernels, loop, loops, sockets);
        this.endpoints = new EndpointRegistry(loops.size(), this.loops::wakeSoon);
        this.health = new HealthKeeper(
                new ProbeContext(kernel, loop, connect, budget, new SplittableRandom(), observer::warning), this);
        this.names = new Names(loop, resolver, this);
    }

    /**
     * Applies a configuration. The next one must wait until the answer has come.
     *
     * @return the listeners' sockets in the order of the configuration, once every loop goes by it
     * @throws Refusal when it cannot be applied; then everything goes on as it was
     */
    public CompletableFuture<List<ListenSocket>> apply(Resolved next) throws Refusal {
        if (swapping) {
            return applyLater(next); // names have changed at this very moment
        }
        checkFixed(next.config());
        if (loops.haveDied()) {
            throw new Refusal("every loop has died: nothing can be applied without a restart");
        }
        ListenSockets.Change change = sockets.prepare(next);
        List<Route> applied;
        HealthKeeper.Plan plan;
        try {
            Map<String, Upstream> upstreams = endpoints.apply(next);
            applied = routes(next.config(), change.sockets(), upstreams);
            plan = health.plan(next.config().upstreams(), upstreams);
        } catch (RuntimeException | OutOfMemoryError e) {
            sockets.undo(change);
            throw e;
        }
        List<Route> before = routes;
        loops.discard(sockets.commit(change, next.config().listeners()));
        current = next.config();
        resolved = next;
        routes = applied;
        CompletableFuture<Void> swapped = goOver(before, plan);
        names.follow(next);
        return swapped.thenApply(done -> change.sockets());
    }

    private CompletableFuture<List<ListenSocket>> applyLater(Resolved next) {
        CompletableFuture<List<ListenSocket>> later = new CompletableFuture<>();
        afterSwap.add(() -> {
            try {
                var _ = apply(next).whenComplete((sockets, error) -> {
                    if (error == null) {
                        later.complete(sockets);
                    } else {
                        later.completeExceptionally(error);
                    }
                });
            } catch (Refusal | RuntimeException | OutOfMemoryError e) {
                later.completeExceptionally(e);
            }
        });
        return later;
    }

    /** All loops go over to the present routes. */
    private CompletableFuture<Void> goOver(List<Route> before, HealthKeeper.Plan plan) {
        swapping = true;
        try {
            health.follow(plan); // before any loop goes by it: what starts down gets nothing
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.failed(health, e); // the rest of the configuration must not be left half applied
        }
        try {
            return loops.swap(new Routes(routes)).whenComplete((swapped, error) -> loop.post(() -> swapped(before)));
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.post(() -> swapped(before));
            throw e;
        }
    }

    /** A name has other addresses: the same configuration with them. */
    @Override
    public void changed(String upstream, Resolved.Lookup lookup) {
        if (swapping) {
            afterSwap.add(() -> changed(upstream, lookup));
            return;
        }
        Resolved before = resolved;
        if (before == null) {
            return;
        }
        List<Route> routesBefore = routes;
        Resolved next = before.with(upstream, lookup);
        Map<String, Upstream> upstreams = endpoints.apply(next);
        List<ListenSocket> same = routes.stream().map(Route::socket).toList();
        HealthKeeper.Plan plan = health.plan(next.config().upstreams(), upstreams);
        resolved = next;
        if (ending) { // nobody comes any more, but somebody may still be held
            health.follow(plan);
            endpoints.wakeAll();
            return;
        }
        List<Route> made = routes(next.config(), same, upstreams);
        routes = made;
        var _ = goOver(routesBefore, plan);
    }

    @Override
    public long failures(String upstream, EndpointAddress endpoint) {
        return endpoints.failures(upstream, endpoint);
    }

    @Override
    public void warn(String text) {
        observer.warning(text);
    }

    private List<Route> routes(ProxyConfig config, List<ListenSocket> opened, Map<String, Upstream> upstreams) {
        Map<String, List<String>> sources =
                config.upstreams().stream().collect(Collectors.toMap(UpstreamConfig::name, UpstreamConfig::sources));
        List<Route> made = new ArrayList<>();
        for (int i = 0; i < opened.size(); i++) {
            ListenerConfig listener = config.listeners().get(i);
            Upstream upstream = Objects.requireNonNull(upstreams.get(listener.upstream()));
            made.add(new Route(
                    opened.get(i),
                    SessionPolicy.of(listener, upstream.tcp()),
                    upstream,
                    ConnectSettings.of(
                            listener.timeouts(), upstream.tcp(), sources.getOrDefault(listener.upstream(), List.of())),
                    listeners.computeIfAbsent(listener.name(), name -> new ListenerStats(name, loops.count())),
                    loops.count()));
        }
        return made;
    }

    private void swapped(List<Route> before) {
        swapping = false;
        endpoints.wakeAll();
        former.addAll(before);
        retirement.begin();
        while (!swapping && !afterSwap.isEmpty()) {
            Runnable next = afterSwap.remove();
            try {
                next.run();
            } catch (RuntimeException | OutOfMemoryError e) {
                loop.failed(next, e); // whoever waits behind it must not wait for ever
            }
        }
    }

    /** What the loops were made with does not change while they run. */
    private void checkFixed(ProxyConfig next) throws Refusal {
        if (current != null) {
            checkFixed("threads", current.loops().threads(), next.loops().threads());
            checkFixed("busy-poll", current.loops().busyPoll(), next.loops().busyPoll());
            checkFixed("pipe-size", current.buffers().pipeSize(), next.buffers().pipeSize());
            checkFixed(
                    "copy-buffer",
                    current.buffers().copyBuffer(),
                    next.buffers().copyBuffer());
            checkFixed(
                    "stash-limit",
                    current.buffers().stashLimit(),
                    next.buffers().stashLimit());
        }
    }

    private static void checkFixed(String key, Object now, Object next) throws Refusal {
        if (!now.equals(next)) {
            throw new Refusal(key + " cannot change from " + now + " to " + next
                    + " while the proxy runs: nothing was changed; a restart is needed for that");
        }
    }

    /**
     * Pauses an upstream, or goes on: while it is paused, new connections to it are held. Completes when those that are held have been
     * woken.
     *
     * @throws Refusal when there is no such upstream
     */
    public CompletableFuture<Void> pause(String upstream, boolean on) throws Refusal {
        UpstreamState state = endpoints.state(upstream);
        state.pause(on);
        return on ? CompletableFuture.completedFuture(null) : loops.wake(state);
    }

    /**
     * Ends some sessions of an upstream, so that their clients connect anew.
     *
     * @param fraction of them, 0 … 1
     * @return how many
     * @throws Refusal when there is no such upstream
     */
    public CompletableFuture<Integer> rebalance(String upstream, double fraction) throws Refusal {
        endpoints.state(upstream);
        return loops.rebalance(upstream, fraction);
    }

    /**
     * Accepts nothing more; what had connected is still taken. Completes when the listening sockets are closed, but for those that
     * {@link #isLeaving} tells of. Once this loop has ended, it may be called by another thread.
     */
    public CompletableFuture<Void> stopAccepting() {
        ending = true;
        loops.discard(sockets.clear());
        return loops.swap(Routes.NONE);
    }

    /** Whether clients wait for descriptors on a socket that is not wanted any more; from any thread. */
    public boolean isLeaving() {
        return loops.isLeaving();
    }

    /**
     * Takes listening sockets of another process in, for the first configuration.
     *
     * @throws Refusal when there are no descriptors for them; then they stay the caller's
     */
    public void inherit(List<OfferedSocket> offered) throws Refusal {
        sockets.inherit(offered);
    }

    /** The other process accepts no more: what was taken over is this one's alone, and what it was woken for last is looked for. */
    public void own() {
        sockets.own();
        loops.look();
    }

    /** What a successor can take over. It stays open as long as nothing is applied and nothing stops. */
    public List<OfferedSocket> offer() {
        return sockets.offer();
    }

    /**
     * Accepts nothing more. Of these sockets a successor accepts what has connected and what will; on the others, what had connected is
     * still taken. Completes when the listening sockets are closed, but for those that {@link #isLeaving} tells of.
     */
    public CompletableFuture<Void> cede(Set<ListenSocket> ceded) {
        ending = true;
        sockets.share(ceded);
        loops.discard(sockets.clear());
        return loops.swap(new Routes(List.of(), ceded));
    }

    /** Nobody took over what was offered: goes on as before, and what the other process was woken for last is looked for. */
    public void keep() {
        if (current != null) {
            sockets.reclaim(routes.stream().map(Route::socket).toList(), current.listeners());
        }
        loops.look();
    }

    /**
     * Sets an endpoint by hand.
     *
     * @param close whether its sessions end when it is set down, even if its upstream keeps them
     * @return done when every loop knows
     * @throws java.util.NoSuchElementException when there is no such endpoint
     */
    CompletableFuture<Void> byHand(String upstream, Address address, AdminState state, boolean close) {
        closing = CompletableFuture.completedFuture(null);
        Endpoint endpoint = health.byHand(upstream, address, state);
        if (close && state == AdminState.DOWN) {
            closing = CompletableFuture.allOf(closing, loops.endSessions(endpoint));
        }
        return closing;
    }

    @Override
    public void changed(EndpointChange change) {
        observer.endpointChanged(change);
    }

    @Override
    public void wentDown(Endpoint endpoint, OnDown policy) {
        if (policy == OnDown.CLOSE) {
            closing = CompletableFuture.allOf(closing, loops.endSessions(endpoint));
        }
    }

    /** What is known of every endpoint; from any thread. */
    public List<EndpointSnapshot> endpoints() {
        return endpoints.snapshot();
    }

    /** What was counted for every listener that there was; from any thread. */
    public List<ListenerStats> listeners() {
        return List.copyOf(listeners.values());
    }

    /** What is known of every upstream; from any thread. */
    public List<UpstreamSnapshot> upstreams() {
        return endpoints.upstreams();
    }

    /** Looks for removed endpoints whose last session has ended, as long as there are any, and less and less often. */
    private final class Retirement extends Timer {
        private long delay = FIRST_RETIRE_NANOS;

        void begin() {
            delay = FIRST_RETIRE_NANOS;
            loop.schedule(this, loop.now() + delay);
        }

        @Override
        protected void onTimer(long now) {
            if (swapping) {
                return; // a loop may still go by the routes before; it begins anew when none does
            }
            // A connection leaves its route after it was counted as a session: so the route is asked first, and
            // believed the next time.
            delay = Math.min(2 * delay, LAST_RETIRE_NANOS);
            loop.schedule(this, now + delay); // first: whatever is thrown here, there is a next time
            List<Upstream> inUse = former.stream().map(Route::upstream).toList();
            former.removeIf(route -> !route.isInUse());
            boolean left = endpoints.retire(inUse);
            health.forget(endpoints::has);
            if (!left && former.isEmpty()) {
                loop.cancel(this);
            }
        }
    }

    /** Probes have ended with the loop. */
    @Override
    public void close() {
        names.stop();
        health.stop();
    }
}
