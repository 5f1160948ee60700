package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Resolver;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A configuration whose names have become addresses, as far as they do.
 *
 * @param binds where each listener listens, in the order of the configuration
 * @param lookups of each upstream, by its name: one for each endpoint, in the order of the configuration
 */
public record Resolved(ProxyConfig config, List<Address> binds, Map<String, List<Lookup>> lookups) {
    /** How long a start or a change waits for names. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    /**
     * What has become of an endpoint's name.
     *
     * @param addresses none when it does not resolve
     * @param goodFor how long that is good
     * @param problem why it does not resolve; null when it does
     */
    public record Lookup(
            EndpointAddress endpoint,
            List<Address> addresses,
            Duration goodFor,
            @Nullable String problem) {
        public Lookup {
            addresses = List.copyOf(addresses);
        }

        /** Blocks, so never on a loop's thread. */
        static Lookup of(EndpointAddress endpoint, Resolver resolver) {
            try {
                Resolver.Answer answer = resolver.ask(endpoint);
                if (!answer.addresses().isEmpty()) {
                    return new Lookup(endpoint, answer.addresses(), answer.goodFor(), null);
                }
                return failed(endpoint, "the host has no address");
            } catch (UnknownHostException e) {
                return failed(endpoint, "the host does not resolve (" + e.getMessage() + ")");
            }
        }

        static Lookup failed(EndpointAddress endpoint, String problem) {
            return new Lookup(endpoint, List.of(), Duration.ZERO, problem);
        }
    }

    /**
     * Looks the names up: blocks, so never on a loop's thread. An endpoint whose name does not resolve has no address for now.
     *
     * @throws Refusal when a listener's name does not resolve, or a literal is none
     */
    public static Resolved of(ProxyConfig config, Resolver resolver) throws Refusal {
        Map<EndpointAddress, Lookup> names = names(config, resolver);
        Map<String, List<Lookup>> lookups = new HashMap<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            List<Lookup> found = new ArrayList<>();
            for (EndpointAddress endpoint : upstream.addresses()) {
                Lookup name = names.get(endpoint);
                found.add(name == null ? lookUp(resolver, endpoint, "upstream") : name);
            }
            lookups.put(upstream.name(), List.copyOf(found));
        }
        List<Address> binds = new ArrayList<>();
        for (ListenerConfig listener : config.listeners()) {
            Lookup bind = lookUp(resolver, listener.bind(), "listener");
            if (bind.problem() != null) {
                throw new Refusal("listener " + listener.bind() + ": " + bind.problem()
                        + "; check its spelling, /etc/hosts and /etc/resolv.conf");
            }
            binds.add(bind.addresses().getFirst());
        }
        return new Resolved(config, List.copyOf(binds), Map.copyOf(lookups));
    }

    /** All names of endpoints at once, and not longer than {@link #PATIENCE}: what is not known by then may be known later. */
    private static Map<EndpointAddress, Lookup> names(ProxyConfig config, Resolver resolver) {
        Map<EndpointAddress, FutureTask<Lookup>> asked = new LinkedHashMap<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            for (EndpointAddress endpoint : upstream.addresses()) {
                if (endpoint.isName() && !asked.containsKey(endpoint)) {
                    FutureTask<Lookup> task = new FutureTask<>(() -> Lookup.of(endpoint, resolver));
                    asked.put(endpoint, task);
                    Thread.ofPlatform().daemon().name("sluice-names").start(task);
                }
            }
        }
        long until = System.nanoTime() + PATIENCE.toNanos();
        Map<EndpointAddress, Lookup> names = new HashMap<>();
        asked.forEach((endpoint, task) -> names.put(endpoint, answer(endpoint, task, until)));
        return names;
    }

    private static Lookup answer(EndpointAddress endpoint, FutureTask<Lookup> task, long until) {
        try {
            return task.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            task.cancel(true);
            return Lookup.failed(
                    endpoint, "there is no answer to its host's name after " + PATIENCE.toSeconds() + " s");
        } catch (InterruptedException e) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            return Lookup.failed(endpoint, "the lookup of its host was interrupted");
        } catch (ExecutionException e) {
            return Lookup.failed(endpoint, "the host cannot be looked up (" + e.getCause() + ")");
        }
    }

    private static Lookup lookUp(Resolver resolver, EndpointAddress endpoint, String of) throws Refusal {
        try {
            return Lookup.of(endpoint, resolver);
        } catch (IllegalArgumentException e) {
            throw new Refusal(of + " " + endpoint + ": " + e.getMessage());
        }
    }

    /** The addresses of each endpoint of an upstream; none for one whose name does not resolve. */
    List<List<Address>> members(String upstream) {
        return lookups.getOrDefault(upstream, List.of()).stream()
                .map(Lookup::addresses)
                .toList();
    }

    /** The same, with another answer for one name in an upstream, wherever it stands there. */
    Resolved with(String upstream, Lookup other) {
        Map<String, List<Lookup>> changed = new HashMap<>(lookups);
        changed.computeIfPresent(
                upstream,
                (name, before) -> before.stream()
                        .map(lookup -> lookup.endpoint().equals(other.endpoint()) ? other : lookup)
                        .toList());
        return new Resolved(config, binds, Map.copyOf(changed));
    }
}
