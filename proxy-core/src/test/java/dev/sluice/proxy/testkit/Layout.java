package dev.sluice.proxy.testkit;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A configuration in the making, for a proxy that goes from one to the next: listeners and upstreams by name. */
public final class Layout {
    private LoopSettings loops;
    private BufferSettings buffers;
    private final Map<String, ListenerConfig> listeners = new LinkedHashMap<>();
    private final Map<String, UpstreamConfig> upstreams = new LinkedHashMap<>();

    private Layout(LoopSettings loops, BufferSettings buffers) {
        this.loops = loops;
        this.buffers = buffers;
    }

    /** Nothing but loops. */
    public static Layout of(int threads) {
        return new Layout(LoopSettings.of(threads), new BufferSettings(64 << 10, 64 << 10));
    }

    /** Another one that is the same so far. */
    public Layout copy() {
        Layout copy = new Layout(loops, buffers);
        copy.listeners.putAll(listeners);
        copy.upstreams.putAll(upstreams);
        return copy;
    }

    public Layout threads(int count) {
        loops = LoopSettings.of(count);
        return this;
    }

    /** So many loops, and where they run. */
    public Layout pin(int threads, Pin pin) {
        loops = new LoopSettings(threads, BusyPoll.OFF, pin);
        return this;
    }

    public Layout buffers(int pipeSize, int copyBuffer) {
        return buffers(new BufferSettings(pipeSize, copyBuffer));
    }

    public Layout buffers(BufferSettings other) {
        buffers = other;
        return this;
    }

    /** A listener, instead of the one of this name if there is one. */
    public Layout listener(ListenerConfig listener) {
        listeners.put(listener.name(), listener);
        return this;
    }

    /** The same, with the defaults of everything else. */
    public Layout listener(String name, Address bind, String upstream) {
        return listener(ListenerConfig.of(name, EndpointAddress.parse(bind.toString()), upstream));
    }

    /** Without this listener. */
    public Layout without(String listener) {
        listeners.remove(listener);
        return this;
    }

    /** An upstream, instead of the one of this name if there is one. */
    public Layout upstream(String name, Address... endpoints) {
        return upstream(
                name,
                Arrays.stream(endpoints)
                        .map(Address::toString)
                        .map(EndpointAddress::parse)
                        .toList());
    }

    /** The same, of endpoints that need not be addresses yet. */
    public Layout upstream(String name, List<EndpointAddress> endpoints) {
        return upstream(UpstreamConfig.of(name, endpoints));
    }

    /** An upstream, instead of the one of this name if there is one. */
    public Layout upstream(UpstreamConfig upstream) {
        upstreams.put(upstream.name(), upstream);
        return this;
    }

    /** The upstream of this name, with something changed. */
    public Layout change(String upstream, UnaryOperator<UpstreamConfig> change) {
        upstreams.computeIfPresent(upstream, (name, config) -> change.apply(config));
        return this;
    }

    /** How the endpoints of this upstream are checked. */
    public Layout health(String upstream, HealthPolicy policy) {
        upstreams.computeIfPresent(upstream, (name, config) -> config.withHealth(policy));
        return this;
    }

    public ProxyConfig config() {
        return new ProxyConfig(loops, buffers, List.copyOf(listeners.values()), List.copyOf(upstreams.values()));
    }
}
