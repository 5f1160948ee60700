package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A configuration whose names have become addresses.
 *
 * @param binds where each listener listens, in the order of the configuration
 * @param members of each upstream, by its name: the addresses of each endpoint, in the order of the configuration
 */
public record Resolved(ProxyConfig config, List<Address> binds, Map<String, List<List<Address>>> members) {
    /**
     * Looks the names up: blocks, so never on a loop's thread.
     *
     * @throws Refusal when a name does not resolve
     */
    public static Resolved of(ProxyConfig config, Resolver resolver) throws Refusal {
        Map<String, List<List<Address>>> members = new HashMap<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            List<List<Address>> addresses = new ArrayList<>();
            for (EndpointAddress endpoint : upstream.addresses()) {
                addresses.add(resolve(resolver, endpoint, "upstream"));
            }
            members.put(upstream.name(), List.copyOf(addresses));
        }
        List<Address> binds = new ArrayList<>();
        for (ListenerConfig listener : config.listeners()) {
            binds.add(resolve(resolver, listener.bind(), "listener").getFirst());
        }
        return new Resolved(config, List.copyOf(binds), Map.copyOf(members));
    }

    private static List<Address> resolve(Resolver resolver, EndpointAddress endpoint, String of) throws Refusal {
        try {
            return resolver.resolve(endpoint);
        } catch (UnknownHostException e) {
            throw new Refusal(of + " " + endpoint
                    + ": the host does not resolve; check its spelling, /etc/hosts and /etc/resolv.conf");
        } catch (IllegalArgumentException e) {
            throw new Refusal(of + " " + endpoint + ": " + e.getMessage());
        }
    }
}
