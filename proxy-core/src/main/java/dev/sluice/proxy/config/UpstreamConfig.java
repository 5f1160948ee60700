package dev.sluice.proxy.config;

import java.util.List;

/**
 * The servers behind a listener. New sessions go round the endpoints; one that does not answer is passed over for the next.
 *
 * @param name unique; what a listener refers to
 * @param endpoints at least one; a port must not be 0
 * @param tcp options of the sockets that are connected to them
 * @param health how it is known which of them can be used
 */
public record UpstreamConfig(String name, List<EndpointAddress> endpoints, TcpSettings tcp, HealthPolicy health) {
    public UpstreamConfig {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("upstream '" + name + "' has no endpoint");
        }
        for (EndpointAddress endpoint : endpoints) {
            if (endpoint instanceof EndpointAddress.Tcp address && address.port() == 0) {
                throw new IllegalArgumentException("'" + endpoint + "': nothing can be reached on port 0");
            }
            if (endpoint instanceof EndpointAddress.Unix
                    && health.check() != null
                    && health.check().askedPort() != 0) {
                throw new IllegalArgumentException("upstream '" + name + "' is checked on port "
                        + health.check().askedPort() + ", which '" + endpoint + "' cannot have");
            }
        }
    }

    /** An upstream whose endpoints are not checked. */
    public UpstreamConfig(String name, List<EndpointAddress> endpoints, TcpSettings tcp) {
        this(name, endpoints, tcp, HealthPolicy.NONE);
    }

    /** An upstream with the defaults of everything else. */
    public static UpstreamConfig of(String name, List<EndpointAddress> endpoints) {
        return new UpstreamConfig(name, endpoints, TcpSettings.DEFAULTS);
    }

    public UpstreamConfig withHealth(HealthPolicy other) {
        return new UpstreamConfig(name, endpoints, tcp, other);
    }
}
