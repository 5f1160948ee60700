package dev.sluice.proxy.config;

import java.time.Duration;
import java.util.List;

/**
 * The servers behind a listener.
 *
 * @param name unique; what a listener refers to
 * @param endpoints at least one
 * @param tcp options of the sockets that are connected to them
 * @param balancing how new sessions are spread over them
 */
public record UpstreamConfig(String name, List<EndpointConfig> endpoints, TcpSettings tcp, Balancing balancing) {
    public UpstreamConfig {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("upstream '" + name + "' has no endpoint");
        }
    }

    /** An upstream of endpoints alike, with the defaults of everything else. */
    public static UpstreamConfig of(String name, List<EndpointAddress> addresses) {
        return new UpstreamConfig(
                name, addresses.stream().map(EndpointConfig::of).toList(), TcpSettings.DEFAULTS, Balancing.DEFAULTS);
    }

    /** Where its endpoints are, in their order. */
    public List<EndpointAddress> addresses() {
        return endpoints.stream().map(EndpointConfig::address).toList();
    }

    public UpstreamConfig withEndpoints(List<EndpointConfig> other) {
        return new UpstreamConfig(name, other, tcp, balancing);
    }

    public UpstreamConfig withTcp(TcpSettings other) {
        return new UpstreamConfig(name, endpoints, other, balancing);
    }

    public UpstreamConfig withBalancing(Balancing other) {
        return new UpstreamConfig(name, endpoints, tcp, other);
    }

    public UpstreamConfig withBalance(Balance policy) {
        return withBalancing(balancing.withPolicy(policy));
    }

    public UpstreamConfig withRetries(int count) {
        return withBalancing(balancing.withRetries(count));
    }

    public UpstreamConfig withSlowStart(Duration time) {
        return withBalancing(balancing.withSlowStart(time));
    }
}
