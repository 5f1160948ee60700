package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Group;
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
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Every endpoint that there is, by upstream and address: what stays in the configuration keeps its sessions and counters, and what was
 * removed stays until its last session has ended. On control's thread, but for {@link #snapshot}.
 */
final class EndpointRegistry {
    private record Key(String upstream, Address address) {}

    /** A configured endpoint, whatever its addresses are. */
    private record Named(String upstream, EndpointAddress endpoint) {}

    private final int loops;
    private final Consumer<UpstreamState> wake;
    private final Map<Key, Endpoint> endpoints = new LinkedHashMap<>();
    private final Map<String, Group> groups = new HashMap<>();
    private Set<Endpoint> wanted = Set.of();
    /** Upstreams of the present configuration, whether they have addresses or not. */
    private Set<String> configured = Set.of();
    /** What does not resolve keeps the addresses that it had. */
    private Map<Named, List<Address>> lastKnown = Map.of();

    /** For readers on other threads. */
    private volatile List<Endpoint> published = List.of();

    private volatile Map<String, Group> publishedGroups = Map.of();

    /**
     * @param loops how many loops count for themselves
     * @param wake is told of an upstream that holds connections and has room for some; on any thread
     */
    EndpointRegistry(int loops, Consumer<UpstreamState> wake) {
        this.loops = loops;
        this.wake = wake;
    }

    /** The upstreams of a configuration, made of the endpoints that there are and new ones. */
    Map<String, Upstream> apply(Resolved next) {
        Map<String, Upstream> upstreams = new HashMap<>();
        Map<Endpoint, Integer> used = new HashMap<>();
        Map<Named, List<Address>> known = new HashMap<>();
        for (UpstreamConfig config : next.config().upstreams()) {
            List<Upstream.Member> members = new ArrayList<>();
            Group group = groups.computeIfAbsent(config.name(), this::group);
            List<List<Address>> resolved = next.members(config.name());
            for (int i = 0; i < resolved.size(); i++) {
                EndpointConfig endpoint = config.endpoints().get(i);
                Named named = new Named(config.name(), endpoint.address());
                List<Address> addresses = resolved.get(i).isEmpty() ? addresses(named) : resolved.get(i);
                known.put(named, addresses);
                Upstream.Member member = member(group, endpoint, addresses);
                members.add(member);
                member.endpoints().forEach(of -> used.merge(of, endpoint.maxSessions(), EndpointRegistry::lower));
            }
            Upstream upstream = new Upstream(group, members, config.balancing(), config.tcp(), config.whenDown());
            group.state().renew(upstream);
            upstreams.put(config.name(), upstream);
        }
        used.forEach(Endpoint::maxSessions);
        wanted = Set.copyOf(used.keySet());
        lastKnown = known;
        configured = Set.copyOf(upstreams.keySet());
        publish();
        return upstreams;
    }

    private List<Address> addresses(Named named) {
        return lastKnown.getOrDefault(named, List.of());
    }

    /** How many attempts to connect to this endpoint, at any of its present addresses, have failed so far. */
    long failures(String upstream, EndpointAddress endpoint) {
        long sum = 0;
        for (Address address : addresses(new Named(upstream, endpoint))) {
            Endpoint at = endpoints.get(new Key(upstream, address));
            sum += at == null ? 0 : at.sum(Count.FAILURES);
        }
        return sum;
    }

    private Group group(String name) {
        Group group = new Group(name, loops);
        group.onRoom(() -> wakeHeld(group));
        return group;
    }

    /** Wakes who is held, whatever for: there is another configuration. */
    void wakeAll() {
        groups.values().forEach(this::wakeHeld);
    }

    private void wakeHeld(Group group) {
        if (group.state().held() > 0) {
            wake.accept(group.state());
        }
    }

    private Upstream.Member member(Group group, EndpointConfig config, List<Address> addresses) {
        List<Endpoint> member =
                addresses.stream().map(address -> endpoint(group, address)).toList();
        return new Upstream.Member(config.address().toString(), member, config.weight(), config.backup());
    }

    /** Of the limits of two configured endpoints that are at the same address; 0 = none. */
    private static int lower(int one, int other) {
        return one == 0 || other == 0 ? one + other : Math.min(one, other);
    }

    private Endpoint endpoint(Group group, Address address) {
        return endpoints.computeIfAbsent(new Key(group.name(), address), key -> new Endpoint(group, key.address()));
    }

    /**
     * What outlives the configurations of an upstream.
     *
     * @throws Refusal when there is no such upstream
     */
    UpstreamState state(String upstream) throws Refusal {
        Group group = groups.get(upstream);
        if (group == null) {
            throw new Refusal("there is no upstream '" + upstream + "', but "
                    + String.join(", ", new TreeSet<>(groups.keySet())));
        }
        return group.state();
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
        // One that comes back while an endpoint of it is left goes on with it: that endpoint tells it of its changes.
        Set<Group> left = endpoints.values().stream().map(Endpoint::group).collect(Collectors.toSet());
        former.forEach(upstream -> left.add(upstream.group()));
        groups.values().removeIf(group -> !left.contains(group) && !configured.contains(group.name()));
        publish();
        return endpoints.size() > wanted.size();
    }

    /** Whether it has not been let go of. */
    @SuppressWarnings("ReferenceEquality") // another one may have its address now
    boolean has(Endpoint endpoint) {
        return endpoints.get(new Key(endpoint.upstream(), endpoint.address())) == endpoint;
    }

    private void publish() {
        published = List.copyOf(endpoints.values());
        publishedGroups = Map.copyOf(groups);
    }

    /** What is known of each upstream now, by name; from any thread. */
    List<UpstreamSnapshot> upstreams() {
        return publishedGroups.entrySet().stream()
                .map(entry -> new UpstreamSnapshot(
                        entry.getKey(),
                        entry.getValue().state().isPaused(),
                        entry.getValue().state().held(),
                        entry.getValue().state().isUp()))
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
                        endpoint.sum(Count.FAILURES),
                        endpoint.sum(Count.EARLY_RESETS),
                        endpoint.health()))
                .toList();
    }
}
