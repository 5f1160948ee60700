package dev.sluice.proxy.config;

import java.time.Duration;
import java.util.List;

/**
 * The servers behind a listener.
 *
 * @param name unique; what a listener refers to
 * @param endpoints at least one
 * @param tcp options of the sockets that are connected to them
 * @param sources local addresses that connections are made from, in turn: literals of IPv4 or IPv6; none = what the kernel chooses
 * @param balancing how new sessions are spread over them
 * @param whenDown what becomes of new sessions while no endpoint takes any
 * @param health how it is known which of them can be used
 */
public record UpstreamConfig(
        String name,
        List<EndpointConfig> endpoints,
        TcpSettings tcp,
        List<String> sources,
        Balancing balancing,
        WhenDown whenDown,
        HealthPolicy health) {
    public UpstreamConfig {
        endpoints = List.copyOf(endpoints);
        sources = List.copyOf(sources);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("upstream '" + name + "' has no endpoint");
        }
        int port = health.check() == null ? 0 : health.check().askedPort();
        RoleCheck role = health.check() != null && health.check().check() instanceof RoleCheck check ? check : null;
        for (EndpointConfig endpoint : endpoints) {
            if (role != null
                    && role.database() != RoleCheck.Database.REDIS
                    && endpoint.address() instanceof EndpointAddress.Unix unix) {
                throw new IllegalArgumentException("upstream '" + name + "' is checked for a role, which the driver of "
                        + role.database() + " cannot ask '" + unix + "' for: host:port");
            }
            if (port != 0 && endpoint.address() instanceof EndpointAddress.Unix unix) {
                throw new IllegalArgumentException(
                        "upstream '" + name + "' is checked on port " + port + ", which '" + unix + "' cannot have");
            }
        }
    }

    /** An upstream of endpoints alike, with the defaults of everything else. */
    public static UpstreamConfig of(String name, List<EndpointAddress> addresses) {
        return new UpstreamConfig(
                name,
                addresses.stream().map(EndpointConfig::of).toList(),
                TcpSettings.DEFAULTS,
                List.of(),
                Balancing.DEFAULTS,
                WhenDown.REFUSE,
                HealthPolicy.NONE);
    }

    /** Where its endpoints are, in their order. */
    public List<EndpointAddress> addresses() {
        return endpoints.stream().map(EndpointConfig::address).toList();
    }

    public UpstreamConfig withEndpoints(List<EndpointConfig> other) {
        return new UpstreamConfig(name, other, tcp, sources, balancing, whenDown, health);
    }

    public UpstreamConfig withTcp(TcpSettings other) {
        return new UpstreamConfig(name, endpoints, other, sources, balancing, whenDown, health);
    }

    public UpstreamConfig withBalancing(Balancing other) {
        return new UpstreamConfig(name, endpoints, tcp, sources, other, whenDown, health);
    }

    public UpstreamConfig withSources(List<String> other) {
        return new UpstreamConfig(name, endpoints, tcp, other, balancing, whenDown, health);
    }

    public UpstreamConfig withWhenDown(WhenDown other) {
        return new UpstreamConfig(name, endpoints, tcp, sources, balancing, other, health);
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

    public UpstreamConfig withHealth(HealthPolicy other) {
        return new UpstreamConfig(name, endpoints, tcp, sources, balancing, whenDown, other);
    }
}
