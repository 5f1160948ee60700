package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.HealthPolicy.OnDown;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Sources;
import dev.sluice.proxy.upstream.Upstream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the state of every endpoint of a configuration. What stays from one configuration to the next keeps its health, and its monitor too
 * if that asks the same. On control's thread.
 */
public final class HealthKeeper {
    /** Is told what follows; on control's thread. */
    public interface Listener {
        /** An endpoint has gone from one state to another. */
        void changed(EndpointChange change);

        /** An endpoint is down, and not only as an outlier: this is what is to become of its sessions. */
        void wentDown(Endpoint endpoint, OnDown policy);
    }

    /** What a configuration comes to, worked out before it is gone over to. */
    public static final class Plan {
        private final List<UpstreamHealth> groups = new ArrayList<>();
        private final Map<Endpoint, EndpointHealth> endpoints = new LinkedHashMap<>();
        private final Set<String> upstreams = new HashSet<>();
    }

    private record Named(String upstream, Address address) {}

    /** How often failures are looked at, when there are outliers to be found. */
    private static final long SAMPLE_NANOS = 250_000_000;

    private static final long TELL_NANOS = 10_000_000_000L;

    /** First checks are this far apart, or so close that all have been made within an interval. */
    private static final long APART_NANOS = 50_000_000;

    private final ProbeContext context;
    private final Listener listener;
    private List<UpstreamHealth> groups = List.of();
    private Set<String> upstreams = Set.of();
    private Map<Endpoint, EndpointHealth> endpoints = new LinkedHashMap<>();
    /** What was set by hand: it outlives that a name has other addresses for some time. */
    private final Map<Named, AdminState> orders = new HashMap<>();

    /** Who waits until all of them are known. */
    private @Nullable CompletableFuture<Void> waiting;

    private final Sampling sampling = new Sampling();
    private final Telling telling = new Telling();

    public HealthKeeper(ProbeContext context, Listener listener) {
        this.context = context;
        this.listener = listener;
    }

    /**
     * Works out what a configuration comes to. Nothing has changed yet.
     *
     * @param upstreams made of it, by name
     */
    public Plan plan(Collection<UpstreamConfig> configs, Map<String, Upstream> upstreams) {
        Plan plan = new Plan();
        Map<String, UpstreamHealth> byName = new HashMap<>();
        for (UpstreamConfig config : configs) {
            UpstreamHealth group =
                    new UpstreamHealth(context, config.health(), Sources.of(config.sources()), new Watcher());
            byName.put(config.name(), group);
            plan.upstreams.add(config.name());
            List<List<EndpointHealth>> members = new ArrayList<>();
            for (Upstream.Member member :
                    Objects.requireNonNull(upstreams.get(config.name())).members()) {
                members.add(member.endpoints().stream()
                        .map(endpoint -> plan.endpoints.computeIfAbsent(endpoint, of -> {
                            EndpointHealth known = endpoints.get(of);
                            return known != null ? known : made(of, group);
                        }))
                        .toList());
            }
            group.members(members);
            plan.groups.add(group);
        }
        // What has left the configuration, or a name's answer, has its sessions still.
        endpoints.forEach((endpoint, health) -> {
            UpstreamHealth group = byName.get(endpoint.upstream());
            if (group != null && plan.endpoints.putIfAbsent(endpoint, health) == null) {
                group.guest(health);
            }
        });
        return plan;
    }

    private EndpointHealth made(Endpoint endpoint, UpstreamHealth group) {
        EndpointHealth health = new EndpointHealth(context, endpoint, group);
        AdminState order = orders.get(new Named(endpoint.upstream(), endpoint.address()));
        if (order != null) {
            health.order(order);
        }
        return health;
    }

    /**
     * Lets go of endpoints that are gone for good.
     *
     * @param left whether one is not
     */
    public void forget(Predicate<Endpoint> left) {
        endpoints.entrySet().removeIf(entry -> {
            if (left.test(entry.getKey())) {
                return false;
            }
            entry.getValue().leave();
            groups.forEach(group -> group.forget(entry.getValue()));
            return true;
        });
    }

    /** Goes over to it: the states of all endpoints are set when this returns. */
    public void follow(Plan plan) {
        endpoints.forEach((endpoint, health) -> {
            if (!plan.endpoints.containsKey(endpoint)) {
                health.leave();
            }
        });
        endpoints = plan.endpoints;
        groups = plan.groups;
        upstreams = plan.upstreams;
        orders.keySet().removeIf(named -> !plan.upstreams.contains(named.upstream()));
        List<Monitor> fresh = new ArrayList<>();
        boolean outliers = false;
        for (UpstreamHealth group : groups) {
            outliers |= group.policy().outliers() != null;
            for (EndpointHealth endpoint : group.all()) {
                endpoint.join(group);
                Monitor monitor = endpoint.monitorAnew();
                if (monitor != null) {
                    fresh.add(monitor);
                }
            }
            group.settle();
        }
        start(fresh);
        if (outliers) {
            sampling.begin();
        } else {
            context.loop.cancel(sampling);
        }
    }

    private void start(List<Monitor> fresh) {
        for (int i = 0; i < fresh.size(); i++) {
            Monitor monitor = fresh.get(i);
            long interval = monitor.config().interval().toNanos();
            monitor.start(i * Math.min(APART_NANOS, interval / fresh.size()));
        }
    }

    /**
     * Sets an endpoint by hand.
     *
     * @return the endpoint
     * @throws NoSuchElementException when there is none of this address in this upstream
     */
    public Endpoint byHand(String upstream, Address address, AdminState state) {
        Map<Address, EndpointHealth> known = new HashMap<>();
        endpoints.forEach((endpoint, health) -> {
            if (endpoint.upstream().equals(upstream)) {
                known.put(endpoint.address(), health);
            }
        });
        EndpointHealth wanted = known.get(address);
        if (wanted == null) {
            throw new NoSuchElementException(
                    !upstreams.contains(upstream)
                            ? "there is no upstream '" + upstream + "'"
                            : "upstream '" + upstream + "' has no endpoint " + address + ", but " + known.keySet());
        }
        if (state == AdminState.NONE) {
            orders.remove(new Named(upstream, address));
        } else {
            orders.put(new Named(upstream, address), state);
        }
        wanted.byHand(state);
        return wanted.endpoint();
    }

    /** One thing that was set by hand. */
    public interface Order {
        void of(String upstream, Address address, AdminState state);
    }

    /** Goes over all that was set by hand. */
    public void eachOrder(Order order) {
        orders.forEach((named, state) -> order.of(named.upstream(), named.address(), state));
    }

    /** What an endpoint is set to from its beginning: before there is a configuration that has it. */
    public void order(String upstream, Address address, AdminState state) {
        orders.put(new Named(upstream, address), state);
    }

    /** Completes when the checks of every endpoint have come to what it is. Who asks anew is who is told. */
    public CompletableFuture<Void> whenKnown() {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        waiting = asked;
        tellIfKnown();
        return asked;
    }

    private void tellIfKnown() {
        CompletableFuture<Void> asked = waiting;
        if (asked != null && endpoints.values().stream().allMatch(EndpointHealth::isKnown)) {
            waiting = null;
            asked.complete(null);
        }
    }

    /** Asks nobody any more; states stay as they are. */
    public void stop() {
        endpoints.values().forEach(EndpointHealth::leave);
        context.loop.cancel(sampling);
        context.loop.cancel(telling);
    }

    /** The loop has ended, and nobody is asked any more: waits a moment for those who take leave of servers. */
    public void close() {
        context.workers.close();
    }

    /** Sees to it that what is not told at once is told later. */
    private final class Watcher implements UpstreamHealth.Listener {
        @Override
        public void changed(EndpointChange change) {
            listener.changed(change);
        }

        @Override
        public void checked() {
            tellIfKnown();
        }

        @Override
        public void untold() {
            context.loop.schedule(telling, context.loop.now() + TELL_NANOS);
        }

        @Override
        public void wentDown(Endpoint endpoint, OnDown policy) {
            listener.wentDown(endpoint, policy);
        }
    }

    private final class Sampling extends Timer {
        void begin() {
            context.loop.schedule(this, context.loop.now() + SAMPLE_NANOS);
        }

        @Override
        protected void onTimer(long now) {
            begin(); // first: whatever is thrown here, there is a next time
            groups.forEach(group -> group.sample(now));
        }
    }

    private final class Telling extends Timer {
        @Override
        protected void onTimer(long now) {
            endpoints.values().forEach(endpoint -> endpoint.tellDue(now));
        }
    }
}
