package dev.sluice.cli.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.options.Setting;
import dev.sluice.cli.options.Settings;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.OnRemove;
import dev.sluice.proxy.config.OutlierConfig;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ReportSettings;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a valid file says. */
class ConfigFileTest {
    private static final String LEAST = """
            listeners:
              - {bind: "h:1", upstream: u}
            upstreams:
              - {name: u, endpoints: ["e:1"]}
            """;

    private static final ReportSettings REPORTS = new ReportSettings(true, Duration.ofMinutes(1));
    private static final String EVERYTHING = """
            threads: 3
            relay: copy
            pipe-size: 1MiB
            copy-buffer: 8192
            stash-limit: 1GiB
            busy-poll: 50
            pin: 2-4
            coalesce: 5ms
            drain-timeout: 1m
            drain-delay: 5s
            exit-when-idle: 2m
            takeover: /run/t
            access-log: {format: json, file: /var/log/x, start: true, interval: 1m}
            listeners:
              - name: pg
                bind: "[::1]:6432"
                upstream: main
                relay: auto
                coalesce: 0
                connect-timeout: 1s
                connect-deadline: 2s
                idle-timeout: 0
                half-close-timeout: 3s
                max-session-age: 2h
                tcp: {keepalive: {idle: 9s, interval: 8s, count: 7}, user-timeout: 6s}
              - bind: [unix:/run/x, "h:0"]
                upstream: other
            upstreams:
              - name: other
                endpoints: [unix:@y, {address: "[::1]:5"}]
              - name: main
                endpoints:
                  - db1:5432
                  - {address: "db2:5432", weight: 5, max-sessions: 9, backup: true}
                balance: source-hash
                retries: 7
                slow-start: 8s
                health:
                  check: http
                  path: /primary
                  host: patroni
                  expect: 200,300-301
                  interval: 3s
                  timeout: 2s
                  rise: 4
                  fall: 5
                  start: down
                  port: 8008
                  send-proxy: v1
                outliers: {failures: 6, within: 20s, eject: 40s, max-ejected: 30%}
                at-most: 1
                when-down: {hold: 25s, max: 50}
                on-down: close
                postgres-cancel: true
                on-remove: close
                source: [10.0.0.5, "::1"]
                tcp:
                  user-timeout: 4s
            """;

    private static ServiceConfig read(String text) {
        return read(text, Map.of(), Given.NOTHING).config();
    }

    private static ConfigFile read(String text, Map<String, String> environment, Given given) {
        ConfigFile file = ConfigFile.parse("f.yaml", text, environment, given);
        assertEquals(List.of(), file.problems());
        assertTrue(file.isValid());
        return file;
    }

    /** One setting that was given by an option or a variable. */
    private static <S> Given given(Setting<S> one, S value) {
        return new Given() {
            @Override
            public <T> @Nullable T value(Setting<T> setting) {
                return setting.equals(one) ? setting.kind().type().cast(value) : null;
            }
        };
    }

    @Test
    void everyKey() {
        ServiceConfig config = read(EVERYTHING);
        assertEquals(3, config.proxy().loops().threads());
        assertEquals(
                BusyPoll.fixed(Duration.ofNanos(50_000)), config.proxy().loops().busyPoll());
        assertEquals(Pin.to(List.of(2, 3, 4)), config.proxy().loops().pin());
        assertEquals(1 << 20, config.proxy().buffers().pipeSize());
        assertEquals(8192, config.proxy().buffers().copyBuffer());
        assertEquals(1L << 30, config.proxy().buffers().stashLimit());
        assertEquals(Duration.ofMinutes(1), config.drainTimeout());
        assertEquals(Duration.ofSeconds(5), config.drainDelay());
        assertEquals(Duration.ofMinutes(2), config.exitWhenIdle());
        assertEquals("/run/t", config.takeoverSocket());
        assertEquals(LogFormat.JSON, config.accessLog().format());
        assertEquals(Path.of("/var/log/x"), config.accessLog().file());
        assertEquals(
                List.of(
                        new ListenerConfig(
                                "pg",
                                new EndpointAddress.Tcp("::1", 6432),
                                "main",
                                RelayMode.AUTO,
                                Duration.ZERO,
                                new Timeouts(
                                        Duration.ofSeconds(1),
                                        Duration.ofSeconds(2),
                                        Duration.ZERO,
                                        Duration.ofSeconds(3),
                                        Duration.ofHours(2)),
                                new TcpSettings(
                                        new TcpSettings.Keepalive(Duration.ofSeconds(9), Duration.ofSeconds(8), 7),
                                        Duration.ofSeconds(6)),
                                REPORTS),
                        ListenerConfig.of("unix:/run/x", new EndpointAddress.Unix("/run/x"), "other")
                                .withRelay(RelayMode.COPY)
                                .withCoalesce(Duration.ofMillis(5))
                                .withReports(REPORTS),
                        ListenerConfig.of("h:0", new EndpointAddress.Tcp("h", 0), "other")
                                .withRelay(RelayMode.COPY)
                                .withCoalesce(Duration.ofMillis(5))
                                .withReports(REPORTS)),
                config.proxy().listeners());
        assertEquals(
                List.of(
                        UpstreamConfig.of(
                                        "other",
                                        List.of(new EndpointAddress.Unix("@y"), new EndpointAddress.Tcp("::1", 5)))
                                .withOnRemove(OnRemove.drain(Duration.ofMinutes(1))),
                        UpstreamConfig.of("main", List.of(new EndpointAddress.Tcp("db1", 5432)))
                                .withEndpoints(List.of(
                                        EndpointConfig.of(new EndpointAddress.Tcp("db1", 5432)),
                                        new EndpointConfig(new EndpointAddress.Tcp("db2", 5432), 5, 9, true)))
                                .withBalancing(new Balancing(Balance.SOURCE_HASH, 7, Duration.ofSeconds(8)))
                                .withHealth(new HealthPolicy(
                                        new HealthConfig(
                                                new HealthCheck.Http(
                                                        "/primary",
                                                        "patroni",
                                                        List.of(
                                                                new HealthCheck.StatusRange(200, 200),
                                                                new HealthCheck.StatusRange(300, 301))),
                                                Duration.ofSeconds(3),
                                                Duration.ofSeconds(2),
                                                4,
                                                5,
                                                HealthConfig.Start.DOWN,
                                                8008,
                                                ProxyHeader.V1),
                                        new OutlierConfig(6, Duration.ofSeconds(20), Duration.ofSeconds(40), 30),
                                        HealthPolicy.OnDown.CLOSE,
                                        1))
                                .withWhenDown(new WhenDown(Duration.ofSeconds(25), 50))
                                .withPostgresCancel(true)
                                .withOnRemove(new OnRemove(OnRemove.Policy.CLOSE, Duration.ofMinutes(1)))
                                .withSources(List.of("10.0.0.5", "::1"))
                                .withTcp(TcpSettings.DEFAULTS.withUserTimeout(Duration.ofSeconds(4)))),
                config.proxy().upstreams());
    }

    @Test
    void listsOfEndpointsAndHowTheyAreLookedUp() {
        String text = """
                listeners: [{bind: "h:1", upstream: u}]
                upstreams:
                  - name: u
                    endpoints:
                      - {srv: _pg._tcp.db.example., weight: 3}
                      - {file: /etc/pg.endpoints, max-sessions: 4, backup: true}
                    resolve: {servers: ["127.0.0.1:5353", fd00::2], min: 2s, max: 5m, timeout: 500ms}
                """;
        ServiceConfig config = read(text);
        UpstreamConfig upstream = config.proxy().upstreams().getFirst();
        assertEquals(
                List.of(
                        new EndpointConfig(new EndpointSource.Service("_pg._tcp.db.example."), 3, 0, false),
                        new EndpointConfig(new EndpointSource.ListFile(Path.of("/etc/pg.endpoints")), 1, 4, true)),
                upstream.endpoints());
        assertEquals(
                new ResolveSettings(
                        List.of(ResolveSettings.server("127.0.0.1:5353"), ResolveSettings.server("fd00::2")),
                        Duration.ofSeconds(2),
                        Duration.ofMinutes(5),
                        Duration.ofMillis(500)),
                upstream.resolve());
        String effective = ConfigFile.parse("f", text, Map.of(), Given.NOTHING).effective();
        assertTrue(effective.contains("\"[fd00:0:0:0:0:0:0:2]:53\""), effective);
        assertEquals(config.proxy(), read(effective).proxy());
    }

    @Test
    void whatIsLeftOutHasTheDefaultsOfTheOptions() {
        ServiceConfig config = read(LEAST);
        assertEquals(Settings.THREADS.standard(), config.proxy().loops().threads());
        assertEquals(Settings.PIPE_SIZE.standard(), config.proxy().buffers().pipeSize());
        assertEquals(Settings.DRAIN_TIMEOUT.standard(), config.drainTimeout());
        assertEquals(LogFormat.TEXT, config.accessLog().format());
        assertEquals(
                List.of(ListenerConfig.of("h:1", new EndpointAddress.Tcp("h", 1), "u")),
                config.proxy().listeners());
    }

    @Test
    void aWordMayStandForTheMap() {
        assertEquals(
                LogFormat.OFF, read("access-log: off\n" + LEAST).accessLog().format());
    }

    @Test
    void aWordMayCloseTheListener() {
        String text = LEAST.replace("endpoints:", "when-down: close-listener, endpoints:");
        assertEquals(
                WhenDown.CLOSE_LISTENER,
                read(text).proxy().upstreams().getFirst().whenDown());
    }

    @Test
    void aListenerMayHaveWhatWasPassedOn() {
        String text = LEAST.replace("bind: \"h:1\"", "bind: [\"fd:pg.socket\", \"fd:3\"]");
        assertEquals(
                List.of(new EndpointAddress.Passed("pg.socket"), new EndpointAddress.Passed("3")),
                read(text).proxy().listeners().stream()
                        .map(ListenerConfig::bind)
                        .toList());
    }

    @Test
    void aListenerWithoutItsOwnHasTheValueOfTheFileWhereverThatStands() {
        ListenerConfig listener =
                read(LEAST + "relay: auto\ncoalesce: 0\n").proxy().listeners().getFirst();
        assertEquals(RelayMode.AUTO, listener.relay());
        assertEquals(Duration.ZERO, listener.coalesce());
    }

    @Test
    void whatWasGivenBesideTheFileBeatsItButNotAListener() {
        Given relay = given(Settings.RELAY, RelayMode.AUTO);
        ServiceConfig config = read(EVERYTHING.replace("relay: auto", "relay: copy"), Map.of(), relay)
                .config();
        assertEquals(RelayMode.COPY, config.proxy().listeners().get(0).relay());
        assertEquals(RelayMode.AUTO, config.proxy().listeners().get(1).relay());

        Given log = given(Settings.ACCESS_LOG, LogFormat.OFF);
        ServiceConfig off = read(EVERYTHING, Map.of(), log).config();
        assertEquals(LogFormat.OFF, off.accessLog().format());
        assertEquals(
                ReportSettings.NONE, off.proxy().listeners().getFirst().reports(), "who reads nothing is told nothing");
        Given seldom = given(Settings.ACCESS_LOG_INTERVAL, Duration.ofHours(1));
        assertEquals(
                new ReportSettings(true, Duration.ofHours(1)),
                read(EVERYTHING, Map.of(), seldom)
                        .config()
                        .proxy()
                        .listeners()
                        .getLast()
                        .reports());
        Given threads = given(Settings.THREADS, 1);
        assertEquals(
                1, read(EVERYTHING, Map.of(), threads).config().proxy().loops().threads());
        Given idle = given(Settings.IDLE_TIMEOUT, Duration.ofSeconds(7));
        List<ListenerConfig> listeners =
                read(EVERYTHING, Map.of(), idle).config().proxy().listeners();
        assertEquals(Duration.ZERO, listeners.get(0).timeouts().idle());
        assertEquals(Duration.ofSeconds(7), listeners.get(1).timeouts().idle());
    }

    @Test
    void theDeadlineOfAllAttemptsLeavesRoomForOne() {
        ServiceConfig config = read(LEAST.replace("upstream: u}", "upstream: u, connect-timeout: 20s}"));
        Timeouts timeouts = config.proxy().listeners().getFirst().timeouts();
        assertEquals(Duration.ofSeconds(20), timeouts.connectDeadline());
        ServiceConfig given = read(LEAST, Map.of(), given(Settings.CONNECT_DEADLINE, Duration.ofSeconds(9)))
                .config();
        assertEquals(
                Duration.ofSeconds(9),
                given.proxy().listeners().getFirst().timeouts().connectDeadline());
    }

    @Test
    void valuesFromTheEnvironment() {
        Map<String, String> environment = Map.of("HOST", "db7", "T", "4");
        ServiceConfig config = read(
                        "threads: ${T}\n" + LEAST.replace("e:1", "${HOST}:${PORT:-99}"), environment, Given.NOTHING)
                .config();
        assertEquals(4, config.proxy().loops().threads());
        assertEquals(
                List.of(new EndpointAddress.Tcp("db7", 99)),
                config.proxy().upstreams().getFirst().endpointSources());
    }

    @Test
    void twoFreePortsOfOneHostAreTwoListeners() {
        ServiceConfig config = read("""
                listeners: [{bind: "h:0", upstream: u}, {bind: "h:0", upstream: u}]
                upstreams: [{name: u, endpoints: "{e:1}"}]
                """.replace("\"{e:1}\"", "[\"e:1\"]"));
        assertEquals(
                List.of("h:0", "h:0#1"),
                config.proxy().listeners().stream().map(ListenerConfig::name).toList());
    }

    @Test
    void aListenerOnSeveralAddresses() {
        ServiceConfig config = read(LEAST.replace("bind: \"h:1\"", "name: n, bind: [\"h:1\", \"h:0\", unix:/x]"));
        assertEquals(
                List.of("n on h:1", "n on h:0", "n on unix:/x"),
                config.proxy().listeners().stream()
                        .map(listener -> listener.name() + " on " + listener.bind())
                        .toList());
        assertEquals("1 listener, 1 upstream with 1 endpoint", config.words());
    }

    @Test
    void theEffectiveConfigurationReadsBackAsTheSame() {
        for (String text : List.of(LEAST, EVERYTHING, LEAST.replace("e:1", "unix:/a b\\n\\x01${X:-é}\\u2028'"))) {
            ConfigFile file = read(text, Map.of(), Given.NOTHING);
            ConfigFile again = read(file.effective(), Map.of(), Given.NOTHING);
            assertEquals(file.config(), again.config());
            assertEquals(file.effective(), again.effective());
        }
    }

    @Test
    void theEffectiveConfigurationHasTheDefaults() {
        String effective = read(LEAST, Map.of(), Given.NOTHING).effective();
        for (String line : List.of(
                "pipe-size: 256KiB",
                "drain-timeout: 30s",
                "access-log:\n  format: text\n",
                "listeners:\n  - bind: h:1\n    upstream: u\n    relay: splice\n    coalesce: 2ms\n",
                "    connect-deadline: 15s\n",
                "        idle: 60s\n".replace("60s", "1m"),
                "    when-down: refuse\n",
                "    endpoints:\n      - address: e:1\n")) {
            assertTrue(effective.contains(line), () -> line + " in: " + effective);
        }
        assertFalse(effective.contains("\n  file:"), effective);
    }

    /** A key that is of no use is no part of what a file amounts to: it would be refused there. */
    @Test
    void onlyWhereThereAreNamesAreTheyLookedUp() {
        assertTrue(read(LEAST, Map.of(), Given.NOTHING).effective().contains("\n    resolve:\n"));
        String text = LEAST.replace("e:1", "127.0.0.1:1");
        assertFalse(read(text, Map.of(), Given.NOTHING).effective().contains("resolve"));
    }

    /** What goes to a host by its name, or is on a list, may have addresses of any family; a source of one may be needed. */
    @Test
    void aSourceForWhatANameMayStandFor() {
        for (String endpoint : List.of("\"e:1\"", "{srv: _a._tcp.x}", "{file: /x}")) {
            read(LEAST.replace(
                    "endpoints: [\"e:1\"]", "source: '::1', endpoints: [\"127.0.0.1:1\", " + endpoint + "]"));
        }
    }
}
