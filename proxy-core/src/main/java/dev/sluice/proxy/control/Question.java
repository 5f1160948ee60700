package dev.sluice.proxy.control;

import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What is asked about a source of endpoints, and how. Asking blocks, so never on a loop's thread.
 *
 * @param port which endpoints are checked on; 0 = their own. A unix socket has no other
 */
record Question(EndpointSource source, ResolveSettings settings, int port) {
    /** How long a start or a change waits for names. */
    static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final int MOST_THREADS = 16;

    static Question of(UpstreamConfig upstream, EndpointSource source) {
        return new Question(
                source,
                upstream.resolve(),
                upstream.health().check() == null
                        ? 0
                        : upstream.health().check().askedPort());
    }

    /** The same about another source. */
    Question about(EndpointSource other) {
        return new Question(other, settings, port);
    }

    /** Asks; whatever goes wrong is in the answer. */
    Lookup ask(Resolver resolver) {
        try {
            return askOrThrow(resolver);
        } catch (RuntimeException | Error e) { // else it would never be asked for again
            return failed("cannot be looked up (" + e + ")");
        }
    }

    /** Of a file, the problem has its name. */
    private Lookup failed(String problem) {
        return Lookup.failed(source, source instanceof EndpointSource.ListFile ? source + ": " + problem : problem);
    }

    /** The same, but for what a person has written that can be no address. */
    Lookup askOrThrow(Resolver resolver) {
        List<Found> found;
        Duration goodFor;
        try {
            Resolver.Answer answer = resolver.ask(source, settings);
            found = answer.found();
            goodFor = answer.goodFor();
        } catch (IOException e) {
            return Lookup.failed(source, reason(String.valueOf(e.getMessage())));
        }
        if (source instanceof EndpointAddress
                && found.stream().allMatch(each -> each.addresses().isEmpty())) {
            return Lookup.failed(source, "the host has no address");
        }
        for (Found each : found) {
            boolean listed = !(source instanceof EndpointAddress); // the configuration's own are checked with it
            if (listed && port != 0 && each.address() instanceof EndpointAddress.Unix unix) {
                return failed("endpoints are checked on port " + port + ", which '" + unix + "' cannot have");
            }
        }
        return new Lookup(source, found, settings.within(goodFor), null);
    }

    private String reason(String why) {
        return switch (source) {
            case EndpointAddress address -> "the host does not resolve (" + why + ")";
            case EndpointSource.Service service -> "the service does not resolve (" + why + ")";
            case EndpointSource.ListFile file -> why;
        };
    }

    /** Asks several at once, and no longer than {@link #PATIENCE}: what is not known by then may be known later. */
    static Map<Question, Lookup> ask(Collection<Question> questions, Resolver resolver) {
        if (questions.isEmpty()) {
            return Map.of();
        }
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(questions.size(), MOST_THREADS),
                task -> Thread.ofPlatform().daemon().name("sluice-names").unstarted(task));
        try {
            long until = System.nanoTime() + PATIENCE.toNanos();
            Map<Question, Future<Lookup>> asked = new LinkedHashMap<>();
            for (Question question : questions) {
                asked.computeIfAbsent(question, each -> threads.submit(() -> each.ask(resolver)));
            }
            Map<Question, Lookup> answers = new HashMap<>();
            asked.forEach((question, answer) -> answers.put(question, question.answer(answer, until)));
            return answers;
        } finally {
            threads.shutdownNow();
        }
    }

    private Lookup answer(Future<Lookup> answer, long until) {
        try {
            return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return failed("there is no answer after " + PATIENCE.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed("the lookup was interrupted");
        } catch (ExecutionException e) {
            return failed("cannot be looked up (" + e.getCause() + ")");
        }
    }
}
