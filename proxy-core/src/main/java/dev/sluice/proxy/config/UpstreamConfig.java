package dev.sluice.proxy.config;

import java.util.List;

/**
 * The servers behind a listener. New sessions go round the endpoints; one that does not answer is passed over for the next.
 *
 * @param name unique; what a listener refers to
 * @param endpoints at least one; a port must not be 0
 * @param tcp options of the sockets that are connected to them
 * @param sources local addresses that connections are made from, in turn: literals of IPv4 or IPv6; none = what the kernel chooses
 * @param whenDown what becomes of new sessions while no endpoint takes any
 */
public record UpstreamConfig(
        String name, List<EndpointAddress> endpoints, TcpSettings tcp, List<String> sources, WhenDown whenDown) {
    public UpstreamConfig {
        endpoints = List.copyOf(endpoints);
        sources = List.copyOf(sources);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("upstream '" + name + "' has no endpoint");
        }
        for (EndpointAddress endpoint : endpoints) {
            if (endpoint instanceof EndpointAddress.Tcp address && address.port() == 0) {
                throw new IllegalArgumentException("'" + endpoint + "': nothing can be reached on port 0");
            }
        }
    }

    /** An upstream with the defaults of everything else. */
    public static UpstreamConfig of(String name, List<EndpointAddress> endpoints) {
        return new UpstreamConfig(name, endpoints, TcpSettings.DEFAULTS, List.of(), WhenDown.REFUSE);
    }

    public UpstreamConfig withTcp(TcpSettings other) {
        return new UpstreamConfig(name, endpoints, other, sources, whenDown);
    }

    public UpstreamConfig withWhenDown(WhenDown other) {
        return new UpstreamConfig(name, endpoints, tcp, sources, other);
    }

    public UpstreamConfig withSources(List<String> other) {
        return new UpstreamConfig(name, endpoints, tcp, other, whenDown);
    }
}
