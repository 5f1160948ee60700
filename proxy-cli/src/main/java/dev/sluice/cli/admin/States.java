package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.Answer;
import dev.sluice.cli.admin.http.Request;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.log.Events;
import dev.sluice.cli.metrics.Metrics;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.HealthSnapshot;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LoopSample;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.PathSnapshot;
import dev.sluice.proxy.stats.ProxySnapshot;
import dev.sluice.proxy.stats.Sample;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.TurnTimes;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What there is to see, as JSON has it. */
final class States {
    private static final List<Counter> BYTES = List.of(Counter.BYTES_UP, Counter.BYTES_DOWN, Counter.BYTES_SPLICED);

    private static final List<Counter> SPINS =
            List.of(Counter.SPIN_HITS, Counter.SPIN_MISSES, Counter.SPIN_HIT_NANOS, Counter.SPIN_MISS_NANOS);

    private final Target target;
    private final Proxy proxy;
    private final Metrics metrics;
    private final long started = System.currentTimeMillis();

    States(Target target, Metrics metrics) {
        this.target = target;
        this.metrics = metrics;
        this.proxy = target.proxy();
    }

    Map<String, @Nullable Object> status() {
        Sample sample = proxy.sample(Readiness.PATIENCE);
        ProxySnapshot snapshot = proxy.snapshot();
        Map<String, Object> counters = new LinkedHashMap<>();
        for (Counter counter : Counter.values()) {
            counters.put(counter.key(), snapshot.get(counter));
        }
        Map<String, @Nullable Object> status = new LinkedHashMap<>();
        status.put("version", Version.number());
        status.put("java", System.getProperty("java.version"));
        status.put("instance", SessionId.process());
        status.put("pid", ProcessHandle.current().pid());
        boolean leaving = target.isLeaving();
        status.put("state", proxy.isDraining() ? "draining" : leaving ? "leaving" : "running");
        status.put("drains_in_ms", leaving ? target.drainDelay().toMillis() : null);
        Duration left = proxy.drainLeft();
        status.put("drain_left_ms", left == null ? null : left.toMillis());
        status.put("started", Times.text(started));
        status.put("uptime_seconds", (System.currentTimeMillis() - started) / 1000);
        status.put(
                "predecessors",
                target.predecessors().stream()
                        .map(before -> Map.of("pid", before.pid(), "admin", before.admin()))
                        .toList());
        status.put("sessions", snapshot.get(Counter.ACTIVE));
        for (Counter bytes : BYTES) {
            status.put(bytes.key(), snapshot.get(bytes));
        }
        status.put("ends", metrics.ends().stream().map(States::end).toList());
        status.put("pipes", pipes(sample));
        status.put("loops", loops(sample.loops()));
        status.put("silent_loops", sample.silent());
        status.put("reloads", Map.of("applied", target.reloads(true), "refused", target.reloads(false)));
        status.put("log_dropped", target.logDropped());
        status.put("counters", counters);
        return status;
    }

    private static Map<String, Object> end(Metrics.Ends ends) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("listener", ends.listener());
        one.put("who", ends.who());
        one.put("cause", ends.cause());
        one.put("count", ends.count());
        return one;
    }

    private static Map<String, Object> pipes(Sample sample) {
        Map<String, Object> pipes = new LinkedHashMap<>();
        pipes.put("leased", sample.pipesLeased());
        pipes.put("pooled", sample.pipesPooled());
        return pipes;
    }

    private List<Map<String, Object>> loops(List<LoopSample> samples) {
        List<LoopStats> loops = proxy.loopStats();
        List<Map<String, Object>> all = new ArrayList<>();
        for (int i = 0; i < loops.size(); i++) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("loop", i);
            TurnTimes times = loops.get(i).turnTimes();
            if (times != null) {
                TurnTimes.Recent recent =
                        times.recent(System.nanoTime(), samples.get(i).silentNanos());
                one.put("busy", Math.round(recent.busy() * 10_000) / 10_000.0);
                one.put("turn_p50_us", recent.medianNanos() / 1000);
                one.put("turn_p99_us", recent.p99Nanos() / 1000);
                one.put("turn_max_us", recent.longestNanos() / 1000);
            }
            one.put("sessions", loops.get(i).get(Counter.ACTIVE));
            for (Counter counter : SPINS) {
                one.put(counter.key(), loops.get(i).get(counter));
            }
            all.add(one);
        }
        return all;
    }

    /** Each once, whatever it listens on: it is counted as one. */
    List<Map<String, Object>> listeners() {
        Map<String, List<BoundListener>> byName = new LinkedHashMap<>();
        for (BoundListener listener : proxy.listeners()) {
            byName.computeIfAbsent(listener.config().name(), name -> new ArrayList<>())
                    .add(listener);
        }
        List<Map<String, Object>> all = new ArrayList<>();
        byName.forEach((name, listeners) -> {
            List<String> addresses = listeners.stream()
                    .map(listener -> listener.address().toString())
                    .toList();
            ListenerConfig config = listeners.getFirst().config();
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", name);
            one.put("address", String.join(", ", addresses));
            one.put("addresses", addresses);
            one.put("upstream", config.upstream());
            one.put("relay", config.relay().toString());
            one.put("listening", listeners.stream().allMatch(BoundListener::listening));
            for (ListenerStats stats : proxy.listenerStats()) {
                if (stats.name().equals(name)) {
                    one.put("accepted", stats.accepted());
                    one.put("bytes_up", stats.up(true) + stats.up(false));
                    one.put("bytes_down", stats.down(true) + stats.down(false));
                    one.put("bytes_spliced", stats.up(true) + stats.down(true));
                }
            }
            all.add(one);
        });
        return all;
    }

    List<Map<String, Object>> upstreams() {
        var _ = proxy.sample();
        List<EndpointSnapshot> endpoints = proxy.endpoints();
        List<Map<String, Object>> all = new ArrayList<>();
        for (UpstreamSnapshot upstream : proxy.upstreams()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", upstream.name());
            one.put("up", upstream.up());
            one.put("paused", upstream.paused());
            one.put("held", upstream.held());
            one.put("connect", metrics.connects(upstream.name()));
            one.put(
                    "endpoints",
                    endpoints.stream()
                            .filter(endpoint -> endpoint.upstream().equals(upstream.name()))
                            .map(States::endpoint)
                            .toList());
            all.add(one);
        }
        return all;
    }

    private static Map<String, @Nullable Object> endpoint(EndpointSnapshot endpoint) {
        Map<String, @Nullable Object> one = new LinkedHashMap<>();
        one.put("name", endpoint.name());
        one.put(
                "address",
                endpoint.address() == null ? null : endpoint.address().toString());
        one.put("state", endpoint.state());
        one.put("sessions", endpoint.sessions());
        one.put("connected", endpoint.connected());
        one.put("failures", endpoint.failures());
        one.put("early_resets", endpoint.earlyResets());
        PathSnapshot path = endpoint.path();
        one.put("rtt_us", path.recentRttMicros() < 0 ? null : path.recentRttMicros());
        one.put("retransmits", path.retransmits());
        HealthSnapshot health = endpoint.health();
        Map<String, @Nullable Object> more = new LinkedHashMap<>();
        more.put("reason", health.reason());
        more.put("since", Times.text(health.sinceMillis()));
        more.put("by_hand", health.byHand());
        more.put("against_check", health.isAgainstCheck());
        more.put("check", health.check());
        more.put("passed", health.passed());
        more.put("check_micros", health.checkMicros());
        more.put("checks", health.checks());
        more.put("failed_checks", health.failedChecks());
        more.put("skipped_checks", health.skippedChecks());
        more.put("ejections", health.ejections());
        one.put("health", more);
        return one;
    }

    /** {@code ?after=ID}: those that came later. */
    Answer events(Request request) {
        String after = request.parameter("after");
        long id;
        try {
            id = after == null ? 0 : Long.parseLong(after);
        } catch (NumberFormatException e) {
            return Answer.error(422, "after needs the id of an event");
        }
        List<Map<String, Object>> all = new ArrayList<>();
        for (Events.Event event : target.events().after(id)) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", event.id());
            one.put("instance", SessionId.process());
            one.put("time", Times.text(event.millis()));
            one.put("kind", event.kind().name().toLowerCase(Locale.ROOT));
            one.put("text", event.text());
            all.add(one);
        }
        return Answer.json(200, all);
    }
}
