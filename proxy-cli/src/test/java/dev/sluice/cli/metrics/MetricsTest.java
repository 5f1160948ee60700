package dev.sluice.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionRecord;
import io.dropwizard.metrics5.Counter;
import io.dropwizard.metrics5.Metric;
import io.dropwizard.metrics5.MetricName;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final Address SOMEBODY = new Address.V4(0x7f000001, 1);

    private final Metrics metrics = new Metrics();

    private static ProxyConfig config(String upstream) {
        EndpointAddress address = EndpointAddress.parse("127.0.0.1:1");
        return new ProxyConfig(
                LoopSettings.of(1),
                BufferSettings.DEFAULTS,
                List.of(ListenerConfig.of("db", address, upstream)),
                List.of(UpstreamConfig.of(upstream, List.of(address))));
    }

    private static SessionEnd end(String listener, String upstream, long connectMicros, EndCause cause) {
        SessionRecord record = new SessionRecord(
                1, SOMEBODY, new SessionRecord.Common(listener, upstream, RelayMode.COPY), -2_000_000_000);
        if (connectMicros >= 0) {
            record.connected(SOMEBODY, record.acceptedAt() + 1000 * connectMicros);
        }
        record.because(cause, 0);
        return record.end(0, 1, 1, 0, null);
    }

    private Buckets buckets(String name, String... labels) {
        MetricName of = MetricName.build(name).tagged(labels);
        Metric found = Objects.requireNonNull(metrics.registry().getMetrics().get(of));
        return (Buckets) found;
    }

    private static long sum(Buckets buckets) {
        long sum = 0;
        for (long count : buckets.counts()) {
            sum += count;
        }
        return sum;
    }

    private long ended(String listener) {
        return metrics.ends().stream()
                .filter(ends -> ends.listener().equals(listener))
                .mapToLong(Metrics.Ends::count)
                .sum();
    }

    @Test
    void everyCauseIsAWayOfItsOwn() {
        Set<String> ways = new HashSet<>();
        for (EndCause cause : EndCause.values()) {
            assertTrue(ways.add(cause.toString()), cause::toString);
        }
    }

    @Test
    void endsAreCountedByListenerAndCause() {
        var _ = metrics.follow(config("one"));
        metrics.sessionConnected("one", 1500);
        metrics.sessionConnected("unknown", 1);
        metrics.sessionConnected(null, 1);
        assertArrayEquals(
                new long[] {0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                buckets(Metrics.CONNECTS, "upstream", "one").counts());
        metrics.sessionEnded(end("db", "one", 1500, EndCause.CLIENT_RESET));
        metrics.sessionEnded(end("db", "one", -1, EndCause.CONNECT_FAILED));
        metrics.sessionEnded(end("127.0.0.1:40000", "unknown", 1, EndCause.CLIENT_RESET));
        metrics.listening(List.of("db", "127.0.0.1:40000"));
        assertEquals(2, ended("db"));
        assertEquals(1, ended("127.0.0.1:40000"), "before it was known where that listens");
        MetricName reset =
                MetricName.build(Metrics.SESSIONS).tagged("listener", "db", "who", "client", "cause", "reset");
        Metric counter = Objects.requireNonNull(metrics.registry().getMetrics().get(reset));
        assertEquals(1, ((Counter) counter).getCount());
        assertEquals(2, sum(buckets(Metrics.DURATIONS, "listener", "db")));
        assertEquals(4.0, buckets(Metrics.DURATIONS, "listener", "db").sumSeconds());
        assertArrayEquals(
                new long[] {0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                buckets(Metrics.CONNECTS, "upstream", "one").counts());
    }

    /** After a reload a listener's new connections are another upstream's; those from before are still the first one's. */
    @Test
    void anotherUpstream() {
        var _ = metrics.follow(config("one"));
        metrics.sessionConnected("one", 1);
        metrics.sessionEnded(end("db", "one", 1, EndCause.CLIENT_CLOSED));
        assertEquals(1, sum(buckets(Metrics.CONNECTS, "upstream", "one")));
        var _ = metrics.follow(config("two"));
        metrics.sessionConnected("one", 1);
        metrics.sessionEnded(end("db", "one", 1, EndCause.CLIENT_CLOSED));
        metrics.sessionConnected("two", 1);
        metrics.sessionEnded(end("db", "two", 1, EndCause.CLIENT_CLOSED));
        assertEquals(2, sum(buckets(Metrics.CONNECTS, "upstream", "one")));
        assertEquals(1, sum(buckets(Metrics.CONNECTS, "upstream", "two")));
        assertEquals(3, ended("db"));
    }

    /** What a refused configuration would have brought is not shown, even if it was for a moment; what there was stays. */
    @Test
    void aConfigurationThatIsRefused() {
        var _ = metrics.follow(config("one"));
        Set<MetricName> before = Set.copyOf(metrics.registry().getNames());
        Runnable takeBack = metrics.follow(config("two"));
        assertTrue(metrics.registry().getNames().size() > before.size());
        metrics.sessionConnected("one", 1);
        metrics.sessionEnded(end("db", "one", 1, EndCause.CLIENT_CLOSED));
        takeBack.run();
        assertEquals(before, metrics.registry().getNames());
        assertNull(metrics.connects("two"));
        metrics.sessionConnected("one", 1);
        metrics.sessionEnded(end("db", "one", 1, EndCause.CLIENT_CLOSED));
        assertEquals(2, ended("db"));
        assertEquals(2, sum(buckets(Metrics.CONNECTS, "upstream", "one")));
    }

    @Test
    void changesOfEndpointsThatAreGoneAreForgotten() {
        metrics.endpointChanged(new EndpointChange("one", SOMEBODY, "up", "down", "", 2));
        Metrics.Of endpoint = new Metrics.Of("one", SOMEBODY.toString());
        assertEquals(
                3,
                Objects.requireNonNull(metrics.changes(List.of(endpoint)).get(endpoint))
                        .sum());
        assertTrue(metrics.changes(List.of()).isEmpty());
    }
}
