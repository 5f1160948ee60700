package dev.sluice.proxy.control;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.arrive.Route;
import dev.sluice.proxy.arrive.Routes;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Applies configurations to the data loops, and knows when they have no connections left. On the control loop's thread, but for
 * {@link #endpoints}.
 *
 * <pre>
 *   Resolved ──bind what is new──▶ Routes ──posted──▶ loops 1 … n ──all have swapped──▶ loop 0, which closes
 *        └──cannot be bound: Refusal, and nothing has changed                            the sockets that are gone
 * </pre>
 */
public final class Control implements LoopThread.Tenant {
    private static final long IDLE_POLL_NANOS = 10_000_000;
    private static final long RETIRE_NANOS = 1_000_000_000;

    private final EventLoop loop;
    private final DescriptorBudget budget;
    private final LoopBalancer balancer;
    private final List<LoopThread<DataLoop>> loops;
    private final ListenSockets sockets;
    private final EndpointRegistry endpoints;
    private final Retirement retirement = new Retirement();
    private @Nullable ProxyConfig current;

    /**
     * @param loops the data loops, started
     */
    public Control(
            Kernel kernel,
            EventLoop loop,
            DescriptorBudget budget,
            LoopBalancer balancer,
            List<LoopThread<DataLoop>> loops) {
        this.loop = loop;
        this.budget = budget;
        this.balancer = balancer;
        this.loops = loops;
        this.sockets = new ListenSockets(kernel, budget);
        this.endpoints = new EndpointRegistry(loops.size());
    }

    /**
     * Applies a configuration. The next one must wait until the answer has come.
     *
     * @return the listeners' sockets in the order of the configuration, once every loop goes by it
     * @throws Refusal when it cannot be applied; then everything goes on as it was
     */
    public CompletableFuture<List<ListenSocket>> apply(Resolved next) throws Refusal {
        checkFixed(next.config());
        List<ListenSocket> opened = sockets.apply(next);
        Map<String, Upstream> upstreams = endpoints.apply(next);
        current = next.config();
        List<Route> routes = new ArrayList<>();
        for (int i = 0; i < opened.size(); i++) {
            ListenerConfig listener = next.config().listeners().get(i);
            Upstream upstream = Objects.requireNonNull(upstreams.get(listener.upstream()));
            routes.add(new Route(
                    opened.get(i),
                    SessionPolicy.of(listener),
                    upstream,
                    ConnectSettings.of(listener.timeouts(), upstream.tcp())));
        }
        loop.schedule(retirement, loop.now() + RETIRE_NANOS);
        return swap(new Routes(routes)).thenApply(nothing -> opened);
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

    /** Accepts nothing more; what had connected is still taken. Completes when the listening sockets are closed. */
    public CompletableFuture<Void> stopAccepting() {
        sockets.clear();
        return swap(Routes.NONE);
    }

    /**
     * The first loop is the last to go over, and the one that closes the sockets that are gone: no other loop accepts on them any more, and
     * between its last look at a backlog and the close there is no time for anybody to connect but by chance.
     */
    private CompletableFuture<Void> swap(Routes routes) {
        CompletableFuture<?>[] others = loops.stream()
                .skip(1)
                .map(thread -> thread.call(() -> swapOn(thread, routes)))
                .toArray(CompletableFuture[]::new);
        LoopThread<DataLoop> first = loops.getFirst();
        return CompletableFuture.allOf(others)
                .thenCompose(swapped -> first.call(() -> {
                    DataLoop on = first.on();
                    for (ListenSocket gone : swapOn(first, routes)) {
                        gone.close(on.relay().kernel());
                        budget.release(1);
                    }
                }));
    }

    private static List<ListenSocket> swapOn(LoopThread<DataLoop> thread, Routes routes) {
        return thread.on().reception().swap(routes);
    }

    /**
     * Waits until there are no connections left.
     *
     * @param nanos at most
     * @return whether there are none
     */
    public CompletableFuture<Boolean> awaitIdle(long nanos) {
        Idle idle = new Idle(loop.now() + nanos);
        idle.onTimer(loop.now());
        return idle.answer;
    }

    /** What is known of every endpoint; from any thread. */
    public List<EndpointSnapshot> endpoints() {
        return endpoints.snapshot();
    }

    /** Connections end on other loops, and none tells of it: so one timer looks. */
    private final class Idle extends Timer {
        private final CompletableFuture<Boolean> answer = new CompletableFuture<>();
        private final long until;

        Idle(long until) {
            this.until = until;
        }

        @Override
        protected void onTimer(long now) {
            if (balancer.total() == 0) {
                answer.complete(true);
            } else if (now - until >= 0) {
                answer.complete(false);
            } else if (!answer.isDone()) {
                loop.schedule(this, Math.min(until, now + IDLE_POLL_NANOS));
            }
        }
    }

    /** Looks for removed endpoints whose last session has ended, as long as there are any. */
    private final class Retirement extends Timer {
        @Override
        protected void onTimer(long now) {
            if (endpoints.retire()) {
                loop.schedule(this, now + RETIRE_NANOS);
            }
        }
    }

    /** Nothing of its own is open. */
    @Override
    public void close() {}
}
