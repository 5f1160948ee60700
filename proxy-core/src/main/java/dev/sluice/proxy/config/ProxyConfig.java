package dev.sluice.proxy.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that a proxy is told.
 *
 * @param loops its event loops
 * @param buffers what bytes in flight are kept in
 * @param listeners at least one; several of one name are one listener on several addresses
 * @param upstreams names unique, every listener's among them
 */
public record ProxyConfig(
        LoopSettings loops, BufferSettings buffers, List<ListenerConfig> listeners, List<UpstreamConfig> upstreams) {

    public ProxyConfig {
        listeners = List.copyOf(listeners);
        upstreams = List.copyOf(upstreams);
        if (listeners.isEmpty()) {
            throw new IllegalArgumentException("there is no listener");
        }
        Set<String> names = new HashSet<>();
        Set<String> closing = new HashSet<>();
        for (UpstreamConfig upstream : upstreams) {
            if (upstream.whenDown().closesListeners()) {
                closing.add(upstream.name());
            }
            if (!names.add(upstream.name())) {
                throw new IllegalArgumentException("two upstreams are named '" + upstream.name() + "'");
            }
        }
        Map<String, Set<EndpointAddress>> addresses = new HashMap<>();
        for (ListenerConfig listener : listeners) {
            if (!addresses
                    .computeIfAbsent(listener.name(), name -> new HashSet<>())
                    .add(listener.bind())) {
                throw new IllegalArgumentException(
                        "two listeners are named '" + listener.name() + "' and listen on " + listener.bind());
            }
            if (!names.contains(listener.upstream())) {
                throw new IllegalArgumentException("listener '" + listener.name() + "' has no upstream: '"
                        + listener.upstream() + "' is not defined");
            }
            if (closing.contains(listener.upstream()) && !listener.canReopen()) {
                throw new IllegalArgumentException("listener '" + listener.name() + "' on " + listener.bind()
                        + " cannot be closed and opened again, which its upstream '" + listener.upstream()
                        + "' wants (when-down): it needs an address of its own");
            }
        }
    }
}
