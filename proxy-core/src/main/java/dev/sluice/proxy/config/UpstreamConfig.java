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
 * @param resolve how their names are looked up
 * @param postgresCancel whether a CancelRequest of PostgreSQL goes to all of them
 * @param onRemove what becomes of the sessions of an endpoint that it has no more
 */
public record UpstreamConfig(
        String name,
        List<EndpointConfig> endpoints,
        TcpSettings tcp,
        List<String> sources,
        Balancing balancing,
        WhenDown whenDown,
        HealthPolicy health,
        ResolveSettings resolve,
        boolean postgresCancel,
        OnRemove onRemove) {
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
                    && endpoint.source() instanceof EndpointAddress.Unix unix) {
                throw new IllegalArgumentException("upstream '" + name + "' is checked for a role, which the driver of "
                        + role.database() + " cannot ask '" + unix + "' for: host:port");
            }
            if (port != 0 && endpoint.source() instanceof EndpointAddress.Unix unix) {
                throw new IllegalArgumentException(
                        "upstream '" + name + "' is checked on port " + port + ", which '" + unix + "' cannot have");
            }
        }
    }

    /** An upstream of endpoints alike, with the defaults of everything else. */
    public static UpstreamConfig of(String name, List<? extends EndpointSource> endpoints) {
        return new UpstreamConfig(
                name,
                endpoints.stream().map(EndpointConfig::of).toList(),
                TcpSettings.DEFAULTS,
                List.of(),
                Balancing.DEFAULTS,
                WhenDown.REFUSE,
                HealthPolicy.NONE,
                ResolveSettings.DEFAULTS,
                false,
                OnRemove.DEFAULT);
    }

    /** Where its endpoints are, in their order. */
    public List<EndpointSource> endpointSources() {
        return endpoints.stream().map(EndpointConfig::source).toList();
    }

    public UpstreamConfig withEndpoints(List<EndpointConfig> other) {
        return new UpstreamConfig(
                name, other, tcp, sources, balancing, whenDown, health, resolve, postgresCancel, onRemove);
    }

    public UpstreamConfig withTcp(TcpSettings other) {
        return new UpstreamConfig(
                name, endpoints, other, sources, balancing, whenDown, health, resolve, postgresCancel, onRemove);
    }

    public UpstreamConfig withBalancing(Balancing other) {
        return new UpstreamConfig(
                name, endpoints, tcp, sources, other, whenDown, health, resolve, postgresCancel, onRemove);
    }

    public UpstreamConfig withSources(List<String> other) {
        return new UpstreamConfig(
                name, endpoints, tcp, other, balancing, whenDown, health, resolve, postgresCancel, onRemove);
    }

    public UpstreamConfig withWhenDown(WhenDown other) {
        return new UpstreamConfig(
                name, endpoints, tcp, sources, balancing, other, health, resolve, postgresCancel, onRemove);
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
        return new UpstreamConfig(
                name, endpoints, tcp, sources, balancing, whenDown, other, resolve, postgresCancel, onRemove);
    }

    public UpstreamConfig withResolve(ResolveSettings other) {
        return new UpstreamConfig(
                name, endpoints, tcp, sources, balancing, whenDown, health, other, postgresCancel, onRemove);
    }

    public UpstreamConfig withPostgresCancel(boolean other) {
        return new UpstreamConfig(name, endpoints, tcp, sources, balancing, whenDown, health, resolve, other, onRemove);
    }

    public UpstreamConfig withOnRemove(OnRemove other) {
        return new UpstreamConfig(
                name, endpoints, tcp, sources, balancing, whenDown, health, resolve, postgresCancel, other);
    }
}
