package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A configuration whose names have become addresses, as far as they do.
 *
 * @param binds where each listener listens, in the order of the configuration
 * @param lookups of each upstream, by its name: for each source of endpoints in it, and for each name that a source has named
 */
public record Resolved(ProxyConfig config, List<Address> binds, Map<String, Map<EndpointSource, Lookup>> lookups) {

    /**
     * One endpoint of an upstream.
     *
     * @param endpoint of a list of which nothing is known, that list
     * @param addresses none when it does not resolve
     * @param problem why not
     */
    record Member(
            EndpointConfig endpoint,
            List<Address> addresses,
            @Nullable String problem) {
        /** What it is called. */
        String name() {
            return endpoint.source().toString();
        }
    }

    /**
     * Looks the names up: blocks, so never on a loop's thread. An endpoint whose name does not resolve has no address for now.
     *
     * @throws Refusal when a listener's name does not resolve, or a literal is none
     */
    public static Resolved of(ProxyConfig config, Resolver resolver) throws Refusal {
        Set<Question> questions = new LinkedHashSet<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            for (EndpointSource source : upstream.endpointSources()) {
                if (source.mayChange()) {
                    questions.add(Question.of(upstream, source));
                }
            }
        }
        Map<Question, Lookup> answers = new HashMap<>(Question.ask(questions, resolver));
        Set<Question> further = new LinkedHashSet<>();
        answers.forEach((question, answer) -> answer.names().forEach(name -> further.add(question.about(name))));
        further.removeAll(answers.keySet());
        answers.putAll(Question.ask(further, resolver));
        Map<String, Map<EndpointSource, Lookup>> lookups = new HashMap<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            Map<EndpointSource, Lookup> of = new LinkedHashMap<>();
            for (EndpointSource source : upstream.endpointSources()) {
                Question question = Question.of(upstream, source);
                Lookup answer = answers.get(question);
                of.put(source, answer == null ? lookUp(resolver, question, "upstream") : answer);
                for (EndpointAddress name : answer == null ? Set.<EndpointAddress>of() : answer.names()) {
                    of.put(name, Objects.requireNonNull(answers.get(question.about(name))));
                }
            }
            lookups.put(upstream.name(), of);
        }
        List<Address> binds = new ArrayList<>();
        for (ListenerConfig listener : config.listeners()) {
            Lookup bind = lookUp(resolver, new Question(listener.bind(), ResolveSettings.DEFAULTS, 0), "listener");
            if (bind.problem() != null) {
                throw new Refusal("listener " + listener.bind() + ": " + bind.problem()
                        + "; check its spelling, /etc/hosts and /etc/resolv.conf");
            }
            binds.add(bind.addresses(listener.bind()).getFirst());
        }
        return new Resolved(config, List.copyOf(binds), lookups);
    }

    private static Lookup lookUp(Resolver resolver, Question question, String of) throws Refusal {
        try {
            return question.askOrThrow(resolver);
        } catch (IllegalArgumentException e) {
            throw new Refusal(of + " " + question.source() + ": " + e.getMessage());
        }
    }

    private Map<EndpointSource, Lookup> of(String upstream) {
        return lookups.getOrDefault(upstream, Map.of());
    }

    /** The endpoints of an upstream, in the order of the configuration, and of the lists in it. */
    List<Member> members(UpstreamConfig upstream) {
        Map<EndpointSource, Lookup> of = of(upstream.name());
        List<Member> members = new ArrayList<>();
        for (EndpointConfig endpoint : upstream.endpoints()) {
            Lookup lookup = Objects.requireNonNull(of.get(endpoint.source()));
            for (Found found : lookup.found()) {
                Lookup itself = found.isToBeLookedUp() ? of.get(found.address()) : null;
                members.add(new Member(
                        found.as(endpoint),
                        itself == null ? found.addresses() : itself.addresses(found.address()),
                        itself == null ? found.problem() : itself.problem()));
            }
            if (lookup.found().isEmpty() && lookup.problem() != null) {
                members.add(new Member(endpoint, List.of(), lookup.problem()));
            }
        }
        return members;
    }

    /** The same configuration, with what was known before of that which is not known now. */
    Resolved after(@Nullable Resolved before) {
        Map<String, Map<EndpointSource, Lookup>> merged = new HashMap<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            String name = upstream.name();
            merged.put(name, merged(upstream, before == null ? Map.of() : before.of(name), of(name)));
        }
        return new Resolved(config, binds, merged);
    }

    /** The same configuration, with other answers in an upstream. */
    Resolved with(String upstream, Collection<Lookup> others) {
        Map<EndpointSource, Lookup> now = new HashMap<>();
        others.forEach(other -> now.put(other.source(), other));
        Map<String, Map<EndpointSource, Lookup>> changed = new HashMap<>(lookups);
        for (UpstreamConfig each : config.upstreams()) {
            if (each.name().equals(upstream)) {
                changed.put(upstream, merged(each, of(upstream), now));
            }
        }
        return new Resolved(config, binds, changed);
    }

    /** What is of use: the answers for the sources of an upstream, and for the names that these name. */
    private static Map<EndpointSource, Lookup> merged(
            UpstreamConfig upstream, Map<EndpointSource, Lookup> before, Map<EndpointSource, Lookup> now) {
        Map<EndpointSource, Lookup> merged = new LinkedHashMap<>();
        for (EndpointSource source : upstream.endpointSources()) {
            Lookup lookup = merged(source, before, now);
            merged.put(source, lookup);
            lookup.names().forEach(name -> merged.computeIfAbsent(name, each -> merged(each, before, now)));
        }
        return merged;
    }

    private static Lookup merged(
            EndpointSource source, Map<EndpointSource, Lookup> before, Map<EndpointSource, Lookup> now) {
        Lookup fresh = now.get(source);
        Lookup old = before.get(source);
        if (fresh == null) {
            return old == null ? Lookup.failed(source, "it has not been looked up yet") : old;
        }
        return fresh.after(old);
    }
}
