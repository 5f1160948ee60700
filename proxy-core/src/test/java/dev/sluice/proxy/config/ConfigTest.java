package dev.sluice.proxy.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What exists is valid, and what is refused says what would be right. */
class ConfigTest {
    private static final EndpointAddress HERE = EndpointAddress.parse("127.0.0.1:0");
    private static final EndpointAddress THERE = EndpointAddress.parse("127.0.0.1:80");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final UpstreamConfig UPSTREAM = UpstreamConfig.of("up", List.of(THERE));
    private static final ListenerConfig LISTENER = listener("in", "up", SECOND, SECOND, SECOND);

    private static ListenerConfig listener(
            String name, String upstream, Duration connect, Duration idle, Duration halfClose) {
        return ListenerConfig.of(name, HERE, upstream)
                .withTimeouts(
                        Timeouts.DEFAULTS.withConnect(connect).withIdle(idle).withHalfClose(halfClose));
    }

    private static ProxyConfig proxy(int threads, int pipeSize, int copyBuffer, Duration busyPoll) {
        return new ProxyConfig(
                new LoopSettings(threads, BusyPoll.fixed(busyPoll), Pin.OFF),
                new BufferSettings(pipeSize, copyBuffer),
                List.of(LISTENER),
                List.of(UPSTREAM));
    }

    private static ProxyConfig proxy(List<ListenerConfig> listeners, List<UpstreamConfig> upstreams) {
        return new ProxyConfig(LoopSettings.of(1), BufferSettings.DEFAULTS, listeners, upstreams);
    }

    private static void refuses(String message, Executable what) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, what).getMessage());
    }

    private static final ResolveSettings RESOLVE = new ResolveSettings(
            List.of(ResolveSettings.server("127.0.0.1:5353")), SECOND, SECOND.multipliedBy(5), SECOND);

    @Test
    void rangesOfLookups() {
        List<InetSocketAddress> none = List.of();
        assertEquals(2, RESOLVE.tries());
        refuses(
                "min is out of range: PT1S to PT1H, not PT0S",
                () -> new ResolveSettings(none, Duration.ZERO, SECOND, SECOND));
        refuses(
                "max is out of range: PT2S to PT24H, not PT1S",
                () -> new ResolveSettings(none, SECOND.multipliedBy(2), SECOND, SECOND));
        refuses(
                "timeout is out of range: PT0.001S to PT1M, not PT0S",
                () -> new ResolveSettings(none, SECOND, SECOND, Duration.ZERO));
        assertEquals(SECOND, RESOLVE.within(null));
        assertEquals(SECOND, RESOLVE.within(Duration.ZERO));
        assertEquals(SECOND.multipliedBy(5), RESOLVE.within(Duration.ofHours(1)));
        assertEquals(Duration.ofSeconds(3), RESOLVE.within(Duration.ofSeconds(3)));
    }

    @Test
    void servicesAndFiles() {
        assertEquals("_pg._tcp.db.example.", new EndpointSource.Service("_pg._tcp.db.example.").toString());
        String longest = ("a".repeat(49) + ".").repeat(5) + "abc";
        assertEquals(253, longest.length());
        assertDoesNotThrow(() -> new EndpointSource.Service(longest));
        for (String wrong : List.of("", ".", "a..b", "db.example:5432", "a b", "-\u001b", longest + "d")) {
            assertThrows(IllegalArgumentException.class, () -> new EndpointSource.Service(wrong), wrong);
        }
        refuses("'a/b' is not an absolute path", () -> new EndpointSource.ListFile(java.nio.file.Path.of("a/b")));
    }

    @Test
    void rangesOfTheProxy() {
        assertDoesNotThrow(() -> proxy(1, 4096, 1024, Duration.ZERO));
        assertDoesNotThrow(() -> proxy(256, 1 << 30, 16 << 20, SECOND));
        refuses("threads is out of range: 1 to 256, not 0", () -> proxy(0, 65536, 65536, Duration.ZERO));
        refuses("threads is out of range: 1 to 256, not 257", () -> proxy(257, 65536, 65536, Duration.ZERO));
        refuses("pipe-size is out of range: 4096 to 1073741824, not 4095", () -> proxy(1, 4095, 65536, Duration.ZERO));
        refuses("pipe-size is out of range: 4096 to 1073741824, not -1", () -> proxy(1, -1, 65536, Duration.ZERO));
        refuses("copy-buffer is out of range: 1024 to 16777216, not 1023", () -> proxy(1, 65536, 1023, Duration.ZERO));
        refuses(
                "busy-poll is out of range: PT0.000001S to PT1S, not PT1.000000001S",
                () -> proxy(1, 65536, 65536, SECOND.plusNanos(1)));
        refuses(
                "busy-poll is out of range: PT0.000001S to PT1S, not PT-1S",
                () -> proxy(1, 65536, 65536, SECOND.negated()));
    }

    @Test
    void cpusOfLoops() {
        assertEquals(List.of(3, 1), Pin.to(List.of(3, 1)).cpus());
        assertDoesNotThrow(() -> new LoopSettings(2, BusyPoll.OFF, Pin.to(List.of(0, 1, 1023))));
        refuses("pin is out of range: 0 to 1023, not 1024", () -> Pin.to(List.of(1024)));
        refuses("pin is out of range: 0 to 1023, not -1", () -> Pin.to(List.of(-1)));
        refuses("'0-1,0' has a CPU twice; each loop needs its own", () -> Pin.to(List.of(0, 1, 0)));
        refuses(
                "pin 0-1 has fewer CPUs than there are threads, 3",
                () -> new LoopSettings(3, BusyPoll.OFF, Pin.to(List.of(0, 1))));
    }

    @Test
    void rangesOfAListener() {
        Duration milli = Duration.ofMillis(1);
        assertDoesNotThrow(() -> listener("in", "up", milli, Duration.ZERO, Duration.ZERO));
        assertDoesNotThrow(() -> listener("in", "up", Duration.ofDays(1), Duration.ofDays(30), Duration.ofDays(30)));
        refuses(
                "connect-timeout is out of range: PT0.001S to PT24H, not PT0S",
                () -> listener("in", "up", Duration.ZERO, SECOND, SECOND));
        refuses(
                "connect-timeout is out of range: PT0.001S to PT24H, not PT24H0.001S",
                () -> listener("in", "up", Duration.ofDays(1).plus(milli), SECOND, SECOND));
        refuses(
                "idle-timeout is out of range: PT0.001S to PT720H, not PT0.000000001S",
                () -> listener("in", "up", SECOND, Duration.ofNanos(1), SECOND));
        refuses(
                "half-close-timeout is out of range: PT0.001S to PT720H, not PT-1S",
                () -> listener("in", "up", SECOND, SECOND, SECOND.negated()));
    }

    @Test
    void namesAreUniqueAndKnown() {
        refuses("there is no listener", () -> proxy(List.of(), List.of(UPSTREAM)));
        refuses(
                "two listeners are named 'in' and listen on " + LISTENER.bind(),
                () -> proxy(List.of(LISTENER, LISTENER), List.of(UPSTREAM)));
        refuses("two upstreams are named 'up'", () -> proxy(List.of(LISTENER), List.of(UPSTREAM, UPSTREAM)));
        refuses(
                "listener 'in' has no upstream: 'down' is not defined",
                () -> proxy(List.of(listener("in", "down", SECOND, SECOND, SECOND)), List.of(UPSTREAM)));
    }

    @Test
    void anUpstreamCanBeReached() {
        refuses("upstream 'up' has no endpoint", () -> UpstreamConfig.of("up", List.of()));
        refuses("'127.0.0.1:0': nothing can be reached on port 0", () -> UpstreamConfig.of("up", List.of(THERE, HERE)));
        assertDoesNotThrow(() -> UpstreamConfig.of("up", List.of(EndpointAddress.parse("unix:@x"))));
    }

    @Test
    void rangesOfAnEndpoint() {
        EndpointConfig endpoint = EndpointConfig.of(THERE);
        assertEquals(new EndpointConfig(THERE, 1, 0, false), endpoint);
        assertDoesNotThrow(() -> endpoint.withWeight(0).withMaxSessions(0).withBackup(true));
        assertDoesNotThrow(() -> endpoint.withWeight(256).withMaxSessions(10_000_000));
        refuses("weight is out of range: 0 to 256, not -1", () -> endpoint.withWeight(-1));
        refuses("weight is out of range: 0 to 256, not 257", () -> endpoint.withWeight(257));
        refuses("max-sessions is out of range: 0 to 10000000, not -1", () -> endpoint.withMaxSessions(-1));
        refuses(
                "max-sessions is out of range: 0 to 10000000, not 10000001",
                () -> endpoint.withMaxSessions(10_000_001));
        refuses("'127.0.0.1:0': nothing can be reached on port 0", () -> EndpointConfig.of(HERE));
    }

    @Test
    void rangesOfBalancing() {
        assertEquals(new Balancing(Balance.ROUND_ROBIN, 2, Duration.ZERO), UPSTREAM.balancing());
        assertDoesNotThrow(() -> UPSTREAM.withRetries(0).withSlowStart(Duration.ofMillis(1)));
        assertDoesNotThrow(() -> UPSTREAM.withRetries(100).withSlowStart(Duration.ofDays(1)));
        refuses("retries is out of range: 0 to 100, not -1", () -> UPSTREAM.withRetries(-1));
        refuses("retries is out of range: 0 to 100, not 101", () -> UPSTREAM.withRetries(101));
        refuses(
                "slow-start is out of range: PT0.001S to PT24H, not PT0.000000001S",
                () -> UPSTREAM.withSlowStart(Duration.ofNanos(1)));
        refuses(
                "slow-start is out of range: PT0.001S to PT24H, not PT24H0.001S",
                () -> UPSTREAM.withSlowStart(Duration.ofDays(1).plusMillis(1)));
        refuses(
                "slow-start is out of range: PT0.001S to PT24H, not PT-1S",
                () -> UPSTREAM.withSlowStart(SECOND.negated()));
    }

    @Test
    void whatPeopleType() {
        assertEquals(
                List.of("round-robin", "least-sessions", "random-two", "source-hash"),
                Stream.of(Balance.values()).map(Balance::toString).toList());
    }

    /** Each says one thing, and leaves the others. */
    @Test
    void oneThingOfAnUpstreamIsChanged() {
        List<EndpointConfig> endpoints = List.of(EndpointConfig.of(THERE).withWeight(3));
        TcpSettings tcp = TcpSettings.DEFAULTS.withUserTimeout(SECOND);
        assertEquals(
                new UpstreamConfig(
                        "up",
                        endpoints,
                        tcp,
                        List.of("::1"),
                        new Balancing(Balance.SOURCE_HASH, 7, SECOND),
                        WhenDown.hold(SECOND),
                        HealthPolicy.NONE,
                        RESOLVE,
                        true,
                        OnRemove.DEFAULT),
                UPSTREAM.withSlowStart(SECOND)
                        .withPostgresCancel(true)
                        .withEndpoints(endpoints)
                        .withTcp(tcp)
                        .withSources(List.of("::1"))
                        .withWhenDown(WhenDown.hold(SECOND))
                        .withBalance(Balance.SOURCE_HASH)
                        .withRetries(7)
                        .withResolve(RESOLVE));
    }

    @Test
    void nothingChangesOnceBuilt() {
        List<EndpointAddress> endpoints = new ArrayList<>(List.of(THERE));
        UpstreamConfig upstream = UpstreamConfig.of("up", endpoints);
        List<UpstreamConfig> upstreams = new ArrayList<>(List.of(upstream));
        List<ListenerConfig> listeners = new ArrayList<>(List.of(LISTENER));
        ProxyConfig proxy = proxy(listeners, upstreams);
        endpoints.clear();
        upstreams.clear();
        listeners.clear();
        assertEquals(List.of(THERE), upstream.endpointSources());
        assertEquals(List.of(upstream), proxy.upstreams());
        assertEquals(List.of(LISTENER), proxy.listeners());
    }
}
