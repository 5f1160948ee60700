package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.upstream.Balancer;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Upstream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Every endpoint that there is, by upstream and address: what stays in the configuration keeps its sessions and counters, and what was
 * removed stays until its last session has ended. On control's thread, but for {@link #snapshot}.
 */
final class EndpointRegistry {
    private record Key(String upstream, Address address) {}

    private final int loops;
    private final Map<Key, Endpoint> endpoints = new LinkedHashMap<>();
    private final Map<String, Balancer> balancers = new HashMap<>();
    private Set<Endpoint> wanted = Set.of();
    /** For readers on other threads. */
    private volatile List<Endpoint> published = List.of();

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
            upstreams.put(config.name(), new Upstream(config.name(), members, balancer, config.tcp()));
        }
        balancers.keySet().retainAll(upstreams.keySet());
        wanted = used;
        publish();
        return upstreams;
    }

    private Endpoint endpoint(String upstream, Address address) {
        return endpoints.computeIfAbsent(
                new Key(upstream, address), key -> new Endpoint(key.upstream(), key.address(), loops));
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
                        endpoint.sum(Count.FAILURES),
                        endpoint.sum(Count.EARLY_RESETS),
                        endpoint.health()))
                .toList();
    }
}
