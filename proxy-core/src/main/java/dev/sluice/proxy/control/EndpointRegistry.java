package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.OnRemove;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.HealthSnapshot;
import dev.sluice.proxy.stats.PathSnapshot;
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
    private record Named(String upstream, EndpointSource endpoint) {}

    /** An endpoint without an address, or a list that is not known. */
    private record Missing(String upstream, String name, String reason) {}

    /** An endpoint for readers. */
    private record Shown(String name, Endpoint endpoint) {}

    private final int loops;
    private final Consumer<UpstreamState> wake;
    private final Runnable changed;
    private final Map<Key, Endpoint> endpoints = new LinkedHashMap<>();
    private final Map<String, Group> groups = new HashMap<>();
    private Set<Endpoint> wanted = Set.of();
    /** Upstreams of the present configuration, whether they have addresses or not. */
    private Set<String> configured = Set.of();
    /** What each upstream that there was does with the sessions of what it has no more, by its last configuration. */
    private final Map<String, OnRemove> onRemove = new HashMap<>();

    private Map<Named, List<Address>> addresses = Map.of();
    /** What each is called. */
    private final Map<Endpoint, String> names = new HashMap<>();
    /** Those that have no address, with what is known of them. */
    private Map<Missing, EndpointSnapshot> missing = Map.of();

    /** For readers on other threads. */
    private volatile List<Shown> published = List.of();

    private volatile List<EndpointSnapshot> publishedMissing = List.of();

    private volatile Map<String, Group> publishedGroups = Map.of();

    /**
     * @param loops how many loops count for themselves
     * @param wake is told of an upstream that holds connections and has room for some; on any thread
     * @param changed is told when an endpoint has another state
     */
    EndpointRegistry(int loops, Consumer<UpstreamState> wake, Runnable changed) {
        this.loops = loops;
        this.wake = wake;
        this.changed = changed;
    }

    /** The upstreams of a configuration, made of the endpoints that there are and new ones. */
    Map<String, Upstream> apply(Resolved next) {
        Map<String, Upstream> upstreams = new HashMap<>();
        Map<Endpoint, Integer> used = new HashMap<>();
        Map<Named, List<Address>> known = new HashMap<>();
        for (UpstreamConfig config : next.config().upstreams()) {
            List<Upstream.Member> members = new ArrayList<>();
            Group group = groups.computeIfAbsent(config.name(), this::group);
            for (Resolved.Member each : next.members(config)) {
                EndpointConfig endpoint = each.endpoint();
                known.put(new Named(config.name(), endpoint.source()), each.addresses());
                Upstream.Member member = member(group, each);
                members.add(member);
                for (Endpoint of : member.endpoints()) {
                    if (!used.containsKey(of)) {
                        names.put(of, each.name());
                    }
                    used.merge(of, endpoint.maxSessions(), EndpointRegistry::lower);
                }
            }
            Upstream upstream = new Upstream(group, members, config.balancing(), config.tcp(), config.whenDown());
            group.state().renew(upstream);
            onRemove.put(config.name(), config.onRemove());
            upstreams.put(config.name(), upstream);
        }
        used.forEach(Endpoint::maxSessions);
        wanted = Set.copyOf(used.keySet());
        addresses = known;
        configured = Set.copyOf(upstreams.keySet());
        publish();
        missing(next);
        return upstreams;
    }

    /** Other reasons why endpoints have no address. */
    void missing(Resolved next) {
        Map<Missing, EndpointSnapshot> now = new LinkedHashMap<>();
        for (UpstreamConfig config : next.config().upstreams()) {
            for (Resolved.Member member : next.members(config)) {
                if (member.addresses().isEmpty()) {
                    Missing each = new Missing(config.name(), member.name(), String.valueOf(member.problem()));
                    now.putIfAbsent(each, missing.getOrDefault(each, snapshot(each)));
                }
            }
        }
        missing = now;
        publishedMissing = List.copyOf(now.values());
    }

    private static EndpointSnapshot snapshot(Missing of) {
        HealthSnapshot health = new HealthSnapshot(
                of.reason(), System.currentTimeMillis(), AdminState.NONE.toString(), null, false, -1, 0, 0, 0, 0);
        return new EndpointSnapshot(of.upstream(), of.name(), null, "down", 0, 0, 0, 0, PathSnapshot.NONE, health);
    }

    /** How many attempts to connect to this endpoint, at any of its present addresses, have failed so far. */
    long failures(String upstream, EndpointAddress endpoint) {
        long sum = 0;
        for (Address address : addresses.getOrDefault(new Named(upstream, endpoint), List.of())) {
            Endpoint at = endpoints.get(new Key(upstream, address));
            sum += at == null ? 0 : at.sum(Count.FAILURES);
        }
        return sum;
    }

    /** The configured endpoint that has this address now, and no other one; empty when there is none. */
    String name(String upstream, Address address) {
        List<Address> alone = List.of(address);
        return addresses.entrySet().stream()
                .filter(entry -> entry.getKey().upstream().equals(upstream)
                        && entry.getValue().equals(alone))
                .map(entry -> entry.getKey().endpoint().toString())
                .findFirst()
                .orElse("");
    }

    private Group group(String name) {
        Group group = new Group(name, loops);
        group.onRoom(() -> wakeHeld(group));
        group.onChange(changed);
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

    private Upstream.Member member(Group group, Resolved.Member of) {
        List<Endpoint> member =
                of.addresses().stream().map(address -> endpoint(group, address)).toList();
        return new Upstream.Member(
                of.name(), member, of.endpoint().weight(), of.endpoint().backup());
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
            upstream.endpoints().forEach(needed::add);
            upstream.newest().endpoints().forEach(needed::add); // where those go that are held
        }
        endpoints.values().removeIf(endpoint -> !needed.contains(endpoint) && endpoint.sum(Count.SESSIONS) == 0);
        // One that comes back while an endpoint of it is left goes on with it: that endpoint tells it of its changes.
        Set<Group> left = endpoints.values().stream().map(Endpoint::group).collect(Collectors.toSet());
        former.forEach(upstream -> left.add(upstream.group()));
        groups.values().removeIf(group -> !left.contains(group) && !configured.contains(group.name()));
        onRemove.keySet().retainAll(groups.keySet());
        publish();
        return endpoints.size() > wanted.size();
    }

    /** Those that are in the configuration no more, and have not been let go of. */
    List<Endpoint> removed() {
        return endpoints.values().stream()
                .filter(endpoint -> !wanted.contains(endpoint))
                .toList();
    }

    /** Whether the present configuration has it. */
    boolean isWanted(Endpoint endpoint) {
        return wanted.contains(endpoint);
    }

    /** What is to become of its sessions once it is removed. */
    OnRemove onRemove(Endpoint endpoint) {
        return onRemove.getOrDefault(endpoint.upstream(), OnRemove.DEFAULT);
    }

    /** Whether it has not been let go of. */
    @SuppressWarnings("ReferenceEquality") // another one may have its address now
    boolean has(Endpoint endpoint) {
        return endpoints.get(new Key(endpoint.upstream(), endpoint.address())) == endpoint;
    }

    private void publish() {
        names.keySet().removeIf(endpoint -> !has(endpoint));
        published = endpoints.values().stream()
                .map(endpoint -> new Shown(names.getOrDefault(endpoint, ""), endpoint))
                .toList();
        publishedGroups = Map.copyOf(groups);
        Map<Group, List<Endpoint>> removed = removed().stream().collect(Collectors.groupingBy(Endpoint::group));
        groups.values().forEach(group -> group.removed(removed.getOrDefault(group, List.of())));
    }

    /** What is known of each upstream now, by name; from any thread. */
    List<UpstreamSnapshot> upstreams() {
        return publishedGroups.entrySet().stream()
                .map(entry -> new UpstreamSnapshot(
                        entry.getKey(),
                        entry.getValue().state().isPaused(),
                        entry.getValue().state().held(),
                        entry.getValue().state().isUp(),
                        entry.getValue().state().hold()))
                .sorted(Comparator.comparing(UpstreamSnapshot::name))
                .toList();
    }

    /** Sessions of all loops were measured; from any thread. */
    void settlePaths() {
        published.forEach(each -> each.endpoint().settlePath());
    }

    /** What is known of each now; from any thread. */
    List<EndpointSnapshot> snapshot() {
        List<EndpointSnapshot> all = new ArrayList<>();
        for (Shown each : published) {
            Endpoint endpoint = each.endpoint();
            all.add(new EndpointSnapshot(
                    endpoint.upstream(),
                    each.name(),
                    endpoint.address(),
                    endpoint.state().name().toLowerCase(Locale.ROOT),
                    endpoint.sum(Count.SESSIONS),
                    endpoint.sum(Count.CONNECTED),
                    endpoint.sum(Count.FAILURES),
                    endpoint.sum(Count.EARLY_RESETS),
                    endpoint.path(),
                    endpoint.health()));
        }
        all.addAll(publishedMissing);
        return all;
    }
}
