package dev.sluice.proxy.control;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.arrive.Route;
import dev.sluice.proxy.arrive.Routes;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.HealthPolicy.OnDown;
import dev.sluice.proxy.health.HealthKeeper;
import dev.sluice.proxy.health.ProbeContext;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.ListenerSnapshot;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.takeover.ByHand;
import dev.sluice.proxy.takeover.OfferedSocket;
import dev.sluice.proxy.upstream.ConnectContext;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Upstream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Applies configurations to the data loops. On the control loop's thread, but for {@link #endpoints}.
 *
 * <pre>
 *   Resolved ──bind what is new──▶ Routes ──posted──▶ loops 1 … n ──all have swapped──▶ loop 0, which closes
 *        └──cannot be bound: Refusal, and nothing has changed                            the sockets that are gone
 * </pre>
 */
public final class Control implements LoopThread.Tenant, HealthKeeper.Listener, Followed.Listener {
    private final EventLoop loop;
    private final DataLoops loops;
    private final ListenSockets sockets;
    private final EndpointRegistry endpoints;
    private final HealthKeeper health;
    private final ProxyObserver observer;
    private final Listeners listeners;
    private final Retirement retirement;
    private final Names names;
    private final MembersLog members;
    private final IdleWatch idle;
    private final Orders orders;
    /** What waits until the loops have gone over to something else; each of them makes them go over again, or does nothing. */
    private final Queue<Runnable> afterSwap = new ArrayDeque<>();

    private @Nullable Resolved resolved;
    /** Nothing is accepted any more. */
    private boolean ending;
    /** A successor has been given the sockets: none is opened or closed meanwhile. */
    private boolean offering;

    private List<Route> routes = List.of();
    /** Some loops may go by the routes before. */
    private boolean swapping;

    /**
     * @param kernels gives each thread that asks a kernel of its own
     * @param connect of this loop
     * @param observer is told of endpoints that go up or down
     * @param resolver looks names up again
     * @param roles asks database servers for their roles
     * @param activation what was passed on to this process
     * @param balancer knows how many connections there are
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
            Roles roles,
            Activation activation,
            LoopBalancer balancer,
            List<LoopThread<DataLoop>> loops) {
        this.loop = loop;
        this.observer = observer;
        this.sockets = new ListenSockets(kernel, budget, activation);
        this.loops = new DataLoops(kernels, loop, loops, sockets);
        this.listeners = new Listeners(loop, sockets, observer, loops.size(), this::look);
        this.endpoints = new EndpointRegistry(loops.size(), this.loops::wakeSoon, listeners::lookSoon);
        this.health = new HealthKeeper(
                new ProbeContext(kernel, loop, connect, budget, roles, new SplittableRandom(), observer::warning),
                this);
        this.members = new MembersLog(loop, observer);
        this.names = new Names(loop, resolver, this);
        this.retirement = new Retirement(loop, this.loops, endpoints, health);
        this.idle = new IdleWatch(loop, balancer, this.loops::lastEnd);
        this.orders = new Orders(this.loops, endpoints, health, () -> offering, listeners::lookSoon, observer::warning);
    }

    /**
     * Applies a configuration. The next one must wait until the answer has come.
     *
     * @return the sockets of the listeners that listen, in the order of the configuration, once every loop goes by it
     * @throws Refusal when it cannot be applied; then everything goes on as it was
     */
    public CompletableFuture<List<ListenSocket>> apply(Resolved asked) throws Refusal {
        if (swapping) {
            return applyLater(asked); // names have changed at this very moment
        }
        Resolved next = asked.after(resolved);
        if (resolved != null) {
            FixedSettings.check(resolved.config(), next.config());
        }
        if (loops.haveDied()) {
            throw new Refusal("every loop has died: nothing can be applied without a restart");
        }
        ListenSockets.Change change = sockets.prepare(next);
        List<Listeners.Listener> planned;
        HealthKeeper.Plan plan;
        try {
            Map<String, Upstream> upstreams = endpoints.apply(next);
            planned = listeners.plan(next, change.sockets(), upstreams);
            plan = health.plan(next.config().upstreams(), upstreams);
        } catch (RuntimeException | OutOfMemoryError e) {
            sockets.undo(change);
            throw e;
        }
        loops.discard(sockets.commit(change, next.config().listeners()));
        resolved = next;
        members.follow(next);
        follow(plan);
        listeners.follow(planned);
        settle();
        CompletableFuture<Void> swapped = goOver();
        names.follow(next);
        tellUnused();
        List<ListenSocket> open = routes.stream().map(Route::socket).toList();
        return swapped.thenApply(done -> open);
    }

    /** @return whether the loops must hear of it */
    private boolean settle() {
        try {
            return listeners.settle(socket -> loops.discard(List.of(socket)));
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.failed(listeners, e); // what it has come to is what the loops get
            listeners.lookLater();
            return !listeners.routes().equals(routes);
        }
    }

    private void tellUnused() {
        String unused = sockets.passed().unused();
        if (unused != null) {
            observer.warning(unused);
        }
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

    /** Before any loop goes by it: what starts down gets nothing. */
    private void follow(HealthKeeper.Plan plan) {
        try {
            health.follow(plan);
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.failed(health, e); // the rest of the configuration must not be left half applied
        }
    }

    /** All loops go over to the listeners as they are. */
    private CompletableFuture<Void> goOver() {
        List<Route> before = routes;
        routes = listeners.routes();
        swapping = true;
        retirement.pause();
        try {
            return loops.swap(new Routes(routes)).whenComplete((swapped, error) -> loop.post(() -> swapped(before)));
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.post(() -> swapped(before));
            throw e;
        }
    }

    /** Listeners close whose upstream has nobody any more, and open whose upstream has. */
    private void look() {
        if (swapping) {
            return; // it is looked at when that is done
        }
        if (!ending && !offering && !loops.haveDied() && settle()) {
            var _ = goOver();
        }
    }

    /** A name has other addresses, or a list other endpoints: the same configuration with them. */
    @Override
    public void changed(String upstream, List<Lookup> lookups) {
        if (swapping) {
            afterSwap.add(() -> changed(upstream, lookups));
            return;
        }
        Resolved before = resolved;
        if (before == null) {
            return;
        }
        Resolved next = before.with(upstream, lookups);
        Map<String, Upstream> upstreams = endpoints.apply(next);
        HealthKeeper.Plan plan = health.plan(next.config().upstreams(), upstreams);
        resolved = next;
        members.changed(upstream, next);
        names.retain(next);
        if (ending) { // nobody comes any more, but somebody may still be held
            follow(plan);
            retirement.pause();
            retirement.begin(routes); // who has come may still go by these
            routes = List.of();
            endpoints.wakeAll();
            return;
        }
        List<Listeners.Listener> planned = listeners.plan(next, listeners.sockets(), upstreams);
        follow(plan);
        listeners.follow(planned);
        var _ = goOver(); // and then it is seen who listens
    }

    @Override
    public void missing(String upstream, Lookup lookup) {
        if (swapping) {
            afterSwap.add(() -> missing(upstream, lookup));
        } else if (resolved != null) {
            resolved = resolved.with(upstream, List.of(lookup));
            endpoints.missing(resolved);
        }
    }

    @Override
    public long failures(String upstream, EndpointAddress endpoint) {
        return endpoints.failures(upstream, endpoint);
    }

    @Override
    public void warn(String text) {
        observer.warning(text);
    }

    private void swapped(List<Route> before) {
        swapping = false;
        endpoints.wakeAll();
        List<Route> former = new ArrayList<>(before);
        former.removeAll(routes);
        retirement.begin(former);
        listeners.lookSoon();
        while (!swapping && !afterSwap.isEmpty()) {
            Runnable next = afterSwap.remove();
            try {
                next.run();
            } catch (RuntimeException | OutOfMemoryError e) {
                loop.failed(next, e); // whoever waits behind it must not wait for ever
            }
        }
    }

    /** What is ordered by hand goes here. */
    Orders orders() {
        return orders;
    }

    /**
     * Accepts nothing more; what had connected is still taken, but on sockets that were passed on to this process: there it waits for the
     * next one. Completes when the listening sockets are closed, but for those that
     * {@link #isLeaving} tells of. Once this loop has ended, it may be called by another thread.
     */
    public CompletableFuture<Void> stopAccepting() {
        ending = true;
        idle.stop();
        listeners.stop();
        Set<ListenSocket> left = sockets.passed().all();
        loops.discard(sockets.clear());
        return loops.swap(new Routes(List.of(), left));
    }

    /**
     * Tells when there has been no connection for so long.
     *
     * @param nanos how long; 0 = never
     * @param told is run each time, and must not block
     */
    void whenIdle(long nanos, Runnable told) {
        if (!ending) {
            idle.follow(nanos, told);
        }
    }

    /**
     * Stops accepting if there has been no connection for so long by now, either; otherwise it is told of later. Who connects while
     * this is done is still taken.
     *
     * @return whether it accepts nothing more
     */
    CompletableFuture<Boolean> stopIfIdle() {
        if (ending || offering) { // which keeps the sockets, or gives them back and goes on
            return CompletableFuture.completedFuture(false);
        }
        if (!idle.isOver()) {
            idle.again();
            return CompletableFuture.completedFuture(false);
        }
        return stopAccepting().handle((stopped, error) -> true);
    }

    /** Whether clients wait for descriptors on a socket that is not wanted any more; from any thread. */
    public boolean isLeaving() {
        return loops.isLeaving();
    }

    /**
     * Sets by hand what was in the process before, as far as the first configuration has it; before any check.
     *
     * @return what it has
     */
    public List<ByHand> restore(List<ByHand> before, Resolved first) throws Refusal {
        var _ = endpoints.apply(first);
        return orders.restore(before, first);
    }

    /**
     * Begins to check the endpoints of the first configuration, before anybody is accepted who would need them. Completes when it is known
     * what each of them is.
     */
    public CompletableFuture<Void> check(Resolved first) {
        follow(health.plan(first.config().upstreams(), endpoints.apply(first)));
        return health.whenKnown();
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
        idle.begin(); // if the last connection was the other's, none need come here
    }

    /** What a successor can take over. It stays open as long as nothing is applied and nothing stops. */
    public List<OfferedSocket> offer() {
        List<OfferedSocket> offered = sockets.offer(); // if that fails, nobody says that it came to nothing
        offering = true;
        return offered;
    }

    /** What was set by hand, which stays as it is until {@link #cede} or {@link #keep}. */
    public List<ByHand> byHand() {
        return orders.all();
    }

    /**
     * Accepts nothing more. Of these sockets a successor accepts what has connected and what will; on the others, what had connected is
     * still taken. Completes when the listening sockets are closed, but for those that {@link #isLeaving} tells of.
     */
    public CompletableFuture<Void> cede(Set<ListenSocket> ceded) {
        ending = true;
        idle.stop();
        offering = false;
        listeners.stop();
        sockets.share(ceded);
        loops.discard(sockets.clear());
        return loops.swap(new Routes(List.of(), ceded));
    }

    /** Nobody took over what was offered: goes on as before, and what the other process was woken for last is looked for. */
    public void keep() {
        offering = false;
        listeners.reclaim();
        listeners.lookSoon();
        loops.look();
        idle.again();
    }

    @Override
    public void changed(EndpointChange change) {
        observer.endpointChanged(change);
    }

    @Override
    public void wentDown(Endpoint endpoint, OnDown policy) {
        switch (policy) {
            case CLOSE -> orders.end(endpoint);
            case KEEP -> loops.avoid(endpoint);
        }
    }

    /** Sessions of all loops were measured; from any thread. */
    void settlePaths() {
        endpoints.settlePaths();
    }

    /** What is known of every endpoint; from any thread. */
    public List<EndpointSnapshot> endpoints() {
        return endpoints.snapshot();
    }

    /** What was counted for every listener that there was; from any thread. */
    public List<ListenerStats> listenerStats() {
        return listeners.stats();
    }

    /** What is known of every upstream; from any thread. */
    public List<UpstreamSnapshot> upstreams() {
        return endpoints.upstreams();
    }

    /** What is known of every listener; from any thread. */
    public List<ListenerSnapshot> listeners() {
        return listeners.snapshot();
    }

    /** Probes have ended with the loop. */
    @Override
    public void close() {
        names.stop();
        health.stop();
        health.close();
    }
}
