package dev.sluice.cli.metrics;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.SessionEnd;
import io.dropwizard.metrics5.MetricName;
import io.dropwizard.metrics5.MetricRegistry;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What is counted beside the core's own counters: how sessions ended and how long they took, by listener, and changes of endpoints. Who is
 * told of it is a loop: nothing here allocates once a listener is known.
 */
public final class Metrics {
    static final String SESSIONS = "sluice_sessions";
    static final String DURATIONS = "sluice_session_seconds";
    static final String CONNECTS = "sluice_connect_seconds";

    /** An endpoint, by upstream and address. */
    record Of(String upstream, Address address) {}

    private static final double[] CONNECT_BOUNDS = {
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
    };
    private static final double[] SESSION_BOUNDS = {0.001, 0.01, 0.1, 1, 10, 60, 300, 1800, 7200, 43200};

    private final MetricRegistry registry = new MetricRegistry();
    private final Map<String, ListenerMetrics> listeners = new ConcurrentHashMap<>();
    private final Map<Of, LongAdder> changes = new ConcurrentHashMap<>();

    /** Nothing has been counted. */
    public Metrics() {}

    /** The proxy goes by this configuration from now on. */
    public void follow(ProxyConfig config) {
        for (ListenerConfig listener : config.listeners()) {
            listener(listener.name(), listener.upstream()).connectTo(connects(listener.upstream()));
        }
    }

    private ListenerMetrics listener(String name, String upstream) {
        return listeners.computeIfAbsent(
                name, key -> new ListenerMetrics(registry, key, durations(key), connects(upstream)));
    }

    private Buckets durations(String listener) {
        return buckets(MetricName.build(DURATIONS).tagged("listener", listener), SESSION_BOUNDS);
    }

    private Buckets connects(String upstream) {
        return buckets(MetricName.build(CONNECTS).tagged("upstream", upstream), CONNECT_BOUNDS);
    }

    private synchronized Buckets buckets(MetricName name, double... bounds) {
        return registry.getMetrics().get(name) instanceof Buckets known
                ? known
                : registry.register(name, new Buckets(bounds));
    }

    /** A session has ended; on its loop's thread. */
    public void sessionEnded(SessionEnd end) {
        ListenerMetrics listener = listeners.get(end.listener());
        if (listener != null) {
            listener.ended(end);
        }
    }

    /** An endpoint has changed; on control's thread. */
    public void endpointChanged(EndpointChange change) {
        changes.computeIfAbsent(new Of(change.upstream(), change.address()), key -> new LongAdder())
                .add(1 + change.untold());
    }

    MetricRegistry registry() {
        return registry;
    }

    /** How many sessions of a listener have ended. */
    long ended(String listener) {
        ListenerMetrics known = listeners.get(listener);
        return known == null ? 0 : known.ended();
    }

    /** How often an endpoint has changed; those that are not among these are forgotten. */
    Map<Of, LongAdder> changes(Collection<Of> present) {
        changes.keySet().retainAll(present);
        return changes;
    }
}
