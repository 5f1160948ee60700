package dev.sluice.cli.metrics;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.SessionEnd;
import io.dropwizard.metrics5.Metric;
import io.dropwizard.metrics5.MetricName;
import io.dropwizard.metrics5.MetricRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What is counted beside the core's own counters: how sessions ended and how long they took, by listener, how long
 * connecting took, by upstream, and changes of endpoints. Who is
 * told of it is a loop: nothing here allocates once a listener is known.
 */
public final class Metrics {
    static final String SESSIONS = "sluice_sessions";
    static final String DURATIONS = "sluice_session_seconds";
    static final String CONNECTS = "sluice_connect_seconds";

    /** An endpoint, by its upstream and what it is called there: its address, or the name that has none. */
    record Of(String upstream, String endpoint) {
        static Of of(EndpointSnapshot endpoint) {
            Address address = endpoint.address();
            return new Of(endpoint.upstream(), address == null ? endpoint.name() : address.toString());
        }
    }

    /**
     * Sessions of a listener that have ended in one way.
     *
     * @param who client, upstream or proxy
     */
    public record Ends(String listener, String who, String cause, long count) {}

    private static final double[] CONNECT_BOUNDS = {
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
    };

    private final Map<String, ListenerMetrics> listeners = new ConcurrentHashMap<>();
    /** By upstream. */
    private final Map<String, Buckets> connects = new ConcurrentHashMap<>();

    private final Map<Of, LongAdder> changes = new ConcurrentHashMap<>();
    /** Made when somebody asks: it takes its time, and a start has none. */
    private @Nullable MetricRegistry registry;

    /** Nothing has been counted. */
    public Metrics() {}

    /**
     * The proxy is about to go by this configuration. What listeners are called that have no name is known when they listen.
     *
     * @return takes back what came with it, for a proxy that refuses it: none of it has run
     */
    public Runnable follow(ProxyConfig config) {
        Set<String> newListeners = new HashSet<>();
        Set<String> newUpstreams = new HashSet<>();
        for (ListenerConfig listener : config.listeners()) {
            if (listener.isNamed() && listeners.putIfAbsent(listener.name(), new ListenerMetrics()) == null) {
                newListeners.add(listener.name());
            }
            if (connects.putIfAbsent(listener.upstream(), new Buckets(CONNECT_BOUNDS)) == null) {
                newUpstreams.add(listener.upstream());
            }
        }
        return () -> forget(newListeners, newUpstreams);
    }

    /** The proxy goes by it, and these are its listeners, by their names for people. */
    public void listening(Collection<String> names) {
        names.forEach(name -> listeners.computeIfAbsent(name, key -> new ListenerMetrics()));
    }

    private synchronized void forget(Set<String> someListeners, Set<String> someUpstreams) {
        listeners.keySet().removeAll(someListeners);
        connects.keySet().removeAll(someUpstreams);
        MetricRegistry all = registry; // somebody may have asked meanwhile
        if (all != null) {
            Set<MetricName> known = named().keySet();
            all.removeMatching((name, metric) -> !known.contains(name));
        }
    }

    /** A session has ended; on its loop's thread. */
    public void sessionEnded(SessionEnd end) {
        String name = end.session().listener();
        ListenerMetrics listener = listeners.get(name);
        if (listener == null) { // it has no name, and ended before it was told where its listener listens
            listener = listeners.computeIfAbsent(name, key -> new ListenerMetrics());
        }
        listener.ended(end);
    }

    /** A session begins to relay; on its loop's thread. That it lives for days is no reason to know its connect time only then. */
    public void sessionConnected(@Nullable String upstream, long micros) {
        Buckets buckets = upstream == null ? null : connects.get(upstream);
        if (buckets != null) {
            buckets.add(micros);
        }
    }

    /** An endpoint has changed; on control's thread. */
    public void endpointChanged(EndpointChange change) {
        changes.computeIfAbsent(new Of(change.upstream(), change.address().toString()), key -> new LongAdder())
                .add(1 + change.untold());
    }

    /** All that is counted here, by name and labels. */
    synchronized MetricRegistry registry() {
        MetricRegistry all = registry;
        if (all == null) {
            all = new MetricRegistry();
            registry = all;
        }
        Map<MetricName, Metric> known = all.getMetrics();
        for (Map.Entry<MetricName, Metric> one : named().entrySet()) {
            if (!known.containsKey(one.getKey())) {
                all.register(one.getKey(), one.getValue());
            }
        }
        return all;
    }

    private Map<MetricName, Metric> named() {
        Map<MetricName, Metric> named = new HashMap<>();
        listeners.forEach((name, listener) -> {
            named.put(MetricName.build(DURATIONS).tagged("listener", name), listener.durations());
            listener.ends().forEach((cause, counter) -> {
                named.put(
                        MetricName.build(SESSIONS)
                                .tagged("listener", name, "who", cause.who().toString(), "cause", cause.how()),
                        counter);
            });
        });
        connects.forEach((name, buckets) -> named.put(MetricName.build(CONNECTS).tagged("upstream", name), buckets));
        return named;
    }

    /** How sessions have ended so far, by listener; ways that none has ended in are left out. */
    public List<Ends> ends() {
        List<Ends> all = new ArrayList<>();
        listeners.forEach((name, listener) -> listener.ends().forEach((cause, counter) -> {
            if (counter.getCount() > 0) {
                all.add(new Ends(name, cause.who().toString(), cause.how(), counter.getCount()));
            }
        }));
        all.sort(Comparator.comparing(Ends::listener).thenComparing(Ends::who).thenComparing(Ends::cause));
        return all;
    }

    /**
     * How long connecting to an upstream took: {@code count}, the sum in {@code seconds}, the finite {@code bounds} in seconds, and
     * {@code counts} of what is above the bound before, with one more for what is above all. Null for one that no listener has.
     */
    public @Nullable Map<String, Object> connects(String upstream) {
        Buckets buckets = connects.get(upstream);
        return buckets == null ? null : buckets.plain();
    }

    /** How often an endpoint has changed; those that are not among these are forgotten. */
    Map<Of, LongAdder> changes(Collection<Of> present) {
        changes.keySet().retainAll(present);
        return changes;
    }
}
