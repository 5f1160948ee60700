package dev.sluice.cli.metrics;

import dev.sluice.cli.common.Version;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.PathSnapshot;
import dev.sluice.proxy.stats.ProxySnapshot;
import dev.sluice.proxy.stats.Refusal;
import dev.sluice.proxy.stats.Sample;
import dev.sluice.proxy.stats.TurnTimes;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import io.dropwizard.metrics5.Metric;
import io.dropwizard.metrics5.MetricName;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** All metrics as text for Prometheus. */
public final class Scrape {
    public static final String TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    /** What the service counts itself. */
    public interface Service {
        /** Lines of the access log that were lost so far. */
        long logDropped();

        /** How often a configuration was applied since the start, or was not. */
        long reloads(boolean applied);
    }

    private static final String[] NO_LABELS = {};
    /** Of the core's counters, those that nothing else tells. */
    private static final List<Counter> PLAIN = List.of(
            Counter.CONNECT_FAILURES,
            Counter.CONNECT_WAITS,
            Counter.PORTS_EXHAUSTED,
            Counter.PROMOTIONS,
            Counter.DEMOTIONS,
            Counter.COALESCED,
            Counter.STASHED,
            Counter.STASH_WAITS);

    private final Metrics metrics;
    private final Proxy proxy;
    private final Service service;

    public Scrape(Metrics metrics, Proxy proxy, Service service) {
        this.metrics = metrics;
        this.proxy = proxy;
        this.service = service;
    }

    /** The text of this moment. */
    public String text() {
        Families families = new Families();
        Sample sample = proxy.sample(); // first: it is what endpoints are told with
        families.info(
                "sluice_build",
                "The version that runs, and the Java that it runs on.",
                "version",
                Version.number(),
                "java",
                String.valueOf(System.getProperty("java.version")));
        addRegistry(families);
        proxy.listenerStats().forEach(listener -> addListener(families, listener));
        addEndpoints(families);
        addUpstreams(families);
        addCounters(families);
        addLoops(families, sample);
        addService(families);
        ProcessFigures.add(families);
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 14);
        try {
            PrometheusTextFormatWriter.create().write(out, families.all(), EscapingScheme.DEFAULT);
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written to", e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private void addRegistry(Families families) {
        for (Map.Entry<MetricName, Metric> entry :
                metrics.registry().getMetrics().entrySet()) {
            MetricName name = entry.getKey();
            String[] labels = labels(name.getTags());
            switch (entry.getValue()) {
                case Buckets buckets
                when name.getKey().equals(Metrics.DURATIONS) ->
                    families.histogram(name.getKey(), "How long ended sessions took, from accept on.", buckets, labels);
                case Buckets buckets ->
                    families.histogram(
                            name.getKey(), "From accept to connected, with all attempts and waits.", buckets, labels);
                case io.dropwizard.metrics5.Counter counter ->
                    families.counter(
                            name.getKey(), "Ended sessions, by who ended them and how.", counter.getCount(), labels);
                default -> throw new IllegalStateException("of no known kind: " + name);
            }
        }
    }

    private static String[] labels(Map<String, String> tags) {
        return tags.entrySet().stream()
                .flatMap(tag -> List.of(tag.getKey(), tag.getValue()).stream())
                .toArray(String[]::new);
    }

    private void addListener(Families families, ListenerStats listener) {
        String name = listener.name();
        families.gauge(
                "sluice_listener_sessions",
                "Sessions that live, those still being connected included.",
                listener.live(),
                "listener",
                name);
        for (boolean spliced : new boolean[] {true, false}) {
            addBytes(families, name, "up", spliced, listener.up(spliced));
            addBytes(families, name, "down", spliced, listener.down(spliced));
        }
        addRefused(families, listener);
        listener.pauses()
                .forEach((errno, count) -> families.counter(
                        "sluice_accept_pauses",
                        "Times a loop stopped accepting for a moment.",
                        count,
                        "listener",
                        name,
                        "errno",
                        errno));
    }

    private static void addRefused(Families families, ListenerStats listener) {
        for (Refusal reason : Refusal.values()) {
            families.counter(
                    "sluice_refused",
                    "Connections that were turned away at once, by the reason.",
                    listener.refused(reason),
                    "listener",
                    listener.name(),
                    "reason",
                    reason.toString());
        }
    }

    private static void addBytes(Families families, String listener, String direction, boolean spliced, long bytes) {
        families.counter(
                "sluice_bytes",
                "Bytes given to upstreams (up) and clients (down), by live sessions too.",
                bytes,
                "listener",
                listener,
                "direction",
                direction,
                "path",
                spliced ? "splice" : "copy");
    }

    private void addEndpoints(Families families) {
        List<EndpointSnapshot> endpoints = proxy.endpoints();
        Map<Metrics.Of, LongAdder> changes =
                metrics.changes(endpoints.stream().map(Metrics.Of::of).toList());
        for (EndpointSnapshot one : endpoints) {
            Metrics.Of of = Metrics.Of.of(one);
            String[] labels = {"upstream", of.upstream(), "endpoint", of.endpoint()};
            LongAdder changed = changes.get(of);
            families.gauge(
                    "sluice_endpoint_up",
                    "Whether it takes new sessions.",
                    one.state().equals("up") ? 1 : 0,
                    labels);
            families.gauge("sluice_endpoint_sessions", "Connections to it.", one.sessions(), labels);
            families.counter(
                    "sluice_endpoint_failures",
                    "Attempts to connect that failed or timed out.",
                    one.failures(),
                    labels);
            families.counter(
                    "sluice_endpoint_ejections",
                    "How often it was out because of how its sessions went.",
                    one.health().ejections(),
                    labels);
            PathSnapshot path = one.path();
            families.summary(
                    "sluice_endpoint_rtt_seconds",
                    "Round-trip times of its connections, of each at its end and of some that live at each scrape.",
                    path.rttSamples(),
                    path.rttMicros() / 1e6,
                    Map.of(),
                    labels);
            families.counter(
                    "sluice_endpoint_retransmits",
                    "Segments that were sent to it again, as far as they were asked for.",
                    path.retransmits(),
                    labels);
            families.counter(
                    "sluice_health_changes",
                    "How often it went up, down or to draining.",
                    changed == null ? 0 : changed.sum(),
                    labels);
        }
    }

    private void addUpstreams(Families families) {
        for (UpstreamSnapshot one : proxy.upstreams()) {
            families.gauge(
                    "sluice_held_connections",
                    "Connections that wait until an endpoint takes them.",
                    one.held(),
                    "upstream",
                    one.name());
            families.gauge(
                    "sluice_upstream_paused",
                    "Whether it is paused by hand: its new connections are held, as long as they may wait.",
                    one.paused() ? 1 : 0,
                    "upstream",
                    one.name());
        }
    }

    private void addCounters(Families families) {
        ProxySnapshot all = proxy.snapshot();
        for (Counter counter : PLAIN) {
            String name = "sluice_" + counter.key();
            if (counter.kind() == Counter.Kind.TOTAL) {
                families.counter(name, sentence(counter), all.get(counter), NO_LABELS);
            } else {
                families.gauge(name, sentence(counter), all.get(counter), NO_LABELS);
            }
        }
        String fallbacks = "Times that bytes were copied which should have been spliced.";
        families.counter("sluice_pipe_fallbacks", fallbacks, all.get(Counter.PIPE_FALLBACKS), "reason", "no-pipe");
        families.counter("sluice_pipe_fallbacks", fallbacks, all.get(Counter.SPLICE_REFUSALS), "reason", "refused");
    }

    private void addLoops(Families families, Sample sample) {
        String pipes = "Pipes: those that have bytes in them, and empty ones that are kept.";
        families.gauge("sluice_pipes", pipes, sample.pipesLeased(), "state", "leased");
        families.gauge("sluice_pipes", pipes, sample.pipesPooled(), "state", "pooled");
        List<LoopStats> loops = proxy.loopStats();
        long now = System.nanoTime();
        for (int i = 0; i < loops.size(); i++) {
            String loop = Integer.toString(i);
            families.counter("sluice_loop_turns", "Turns.", loops.get(i).get(Counter.TURNS), "loop", loop);
            families.counter(
                    "sluice_loop_sleeps",
                    "Turns in which it slept.",
                    loops.get(i).get(Counter.SLEEPS),
                    "loop",
                    loop);
            addSpins(families, loops.get(i), loop, "hit", Counter.SPIN_HITS, Counter.SPIN_HIT_NANOS);
            addSpins(families, loops.get(i), loop, "miss", Counter.SPIN_MISSES, Counter.SPIN_MISS_NANOS);
            TurnTimes times = loops.get(i).turnTimes();
            if (times != null) {
                addTurns(families, times.recent(now, sample.loops().get(i).silentNanos()), times, loop);
            }
        }
    }

    private static void addSpins(
            Families families, LoopStats stats, String loop, String result, Counter spins, Counter nanos) {
        families.counter(
                "sluice_loop_spins",
                "Times it looked for events again and again before it would sleep: found some (hit) or none (miss).",
                stats.get(spins),
                "loop",
                loop,
                "result",
                result);
        families.counter(
                "sluice_loop_spin_seconds",
                "How long it looked for events.",
                stats.get(nanos) / 1e9,
                "loop",
                loop,
                "result",
                result);
    }

    private static void addTurns(Families families, TurnTimes.Recent recent, TurnTimes times, String loop) {
        families.gauge(
                "sluice_loop_busy_ratio",
                "The part of the last minute in which it did not wait for events.",
                recent.busy(),
                "loop",
                loop);
        families.summary(
                "sluice_loop_turn_seconds",
                "How long its turns take; quantiles of the last minute, 1 is the longest.",
                times.turns(),
                times.busyNanos() / 1e9,
                Map.of(
                        0.5,
                        recent.medianNanos() / 1e9,
                        0.99,
                        recent.p99Nanos() / 1e9,
                        1.0,
                        recent.longestNanos() / 1e9),
                "loop",
                loop);
    }

    private static String sentence(Counter counter) {
        String help = counter.help();
        return Character.toUpperCase(help.charAt(0)) + help.substring(1) + ".";
    }

    private void addService(Families families) {
        families.counter(
                "sluice_log_dropped", "Lines of the access log that were lost.", service.logDropped(), NO_LABELS);
        String reloads = "Configurations that were applied while the proxy ran, and those that were not.";
        families.counter("sluice_reloads", reloads, service.reloads(true), "result", "applied");
        families.counter("sluice_reloads", reloads, service.reloads(false), "result", "refused");
    }
}
