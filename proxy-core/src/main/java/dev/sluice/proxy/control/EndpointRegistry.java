package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.upstream.Balancer;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Upstream;
import dev.sluice.proxy.upstream.UpstreamState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Every endpoint that there is, by upstream and address: what stays in the configuration keeps its sessions and counters, and what was
 * removed stays until its last session has ended. On control's thread, but for {@link #snapshot}.
 */
final class EndpointRegistry {
    private record Key(String upstream, Address address) {}

    private final int loops;
    private final Map<Key, Endpoint> endpoints = new LinkedHashMap<>();
    private final Map<String, Balancer> balancers = new HashMap<>();
    private final Map<String, UpstreamState> states = new HashMap<>();
    private Set<Endpoint> wanted = Set.of();
    /** For readers on other threads. */
    private volatile List<Endpoint> published = List.of();

    private volatile Map<String, UpstreamState> publishedStates = Map.of();

    /**
     * @param loops how many loops count for themselves
     */
    EndpointRegistry(int loops) {
        this.loops = loops;
    }

    /** The upstreams of a configuration, made of the endpoints that there are and new ones. */
    Map<String, Upstream> apply(Resolved next) {
        Map<String, Upstream> upstreams = new HashMap<>();
        Set<Endpoint> used = new HashSet<>();
        for (UpstreamConfig config : next.config().upstreams()) {
            List<Upstream.Member> members = new ArrayList<>();
            for (List<Address> addresses : next.members().getOrDefault(config.name(), List.of())) {
                List<Endpoint> member = addresses.stream()
                        .map(address -> endpoint(config.name(), address))
                        .toList();
                members.add(new Upstream.Member(member));
                used.addAll(member);
            }
            Balancer balancer = balancers.computeIfAbsent(config.name(), name -> new Balancer(loops));
            UpstreamState state = states.computeIfAbsent(config.name(), name -> new UpstreamState());
            Upstream upstream = new Upstream(config.name(), members, balancer, config.tcp(), config.whenDown(), state);
            state.renew(upstream);
            upstreams.put(config.name(), upstream);
        }
        balancers.keySet().retainAll(upstreams.keySet());
        states.keySet().retainAll(upstreams.keySet());
        wanted = used;
        publish();
        return upstreams;
    }

    private Endpoint endpoint(String upstream, Address address) {
        return endpoints.computeIfAbsent(
                new Key(upstream, address), key -> new Endpoint(key.upstream(), key.address(), loops));
    }

    /**
     * What outlives the configurations of an upstream.
     *
     * @throws Refusal when there is no such upstream
     */
    UpstreamState state(String upstream) throws Refusal {
        UpstreamState state = states.get(upstream);
        if (state == null) {
            throw new Refusal("there is no upstream '" + upstream + "', but "
                    + String.join(", ", new TreeSet<>(states.keySet())));
        }
        return state;
    }

    /**
     * Lets go of removed endpoints without sessions.
     *
     * @param former upstreams that are not in the configuration any more, but for which there are connections on their way: these may
     *     still become sessions of any endpoint in them
     * @return whether there are removed ones left
     */
    boolean retire(Collection<Upstream> former) {
        Set<Endpoint> needed = new HashSet<>(wanted);
        for (Upstream upstream : former) {
            upstream.members().forEach(member -> needed.addAll(member.endpoints()));
        }
        endpoints.values().removeIf(endpoint -> !needed.contains(endpoint) && endpoint.sum(Count.SESSIONS) == 0);
        publish();
        return endpoints.size() > wanted.size();
    }

    private void publish() {
        published = List.copyOf(endpoints.values());
        publishedStates = Map.copyOf(states);
    }

    /** What is known of each upstream now, by name; from any thread. */
    List<UpstreamSnapshot> upstreams() {
        return publishedStates.entrySet().stream()
                .map(entry -> new UpstreamSnapshot(
                        entry.getKey(),
                        entry.getValue().isPaused(),
                        entry.getValue().held()))
                .sorted(Comparator.comparing(UpstreamSnapshot::name))
                .toList();
    }

    /** What is known of each now; from any thread. */
    List<EndpointSnapshot> snapshot() {
        return published.stream()
                .map(endpoint -> new EndpointSnapshot(
                        endpoint.upstream(),
                        endpoint.address(),
                        endpoint.state().name().toLowerCase(Locale.ROOT),
                        endpoint.sum(Count.SESSIONS),
                        endpoint.sum(Count.CONNECTED),
                        endpoint.sum(Count.FAILURES)))
                .toList();
    }
}
