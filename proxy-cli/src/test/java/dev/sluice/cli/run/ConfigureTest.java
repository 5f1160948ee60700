package dev.sluice.cli.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.common.Console;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.OnRemove;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ReportSettings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The configuration that options and environment make. */
class ConfigureTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private ProxyConfig configure(Map<String, String> environment, String... args) {
        Console console = new Console(
                environment, new ByteArrayOutputStream(), new PrintStream(err, true, StandardCharsets.UTF_8));
        CommandLine command = RunCommand.create(console);
        command.parseArgs(args);
        return command.<RunCommand>getCommand().configure().proxy();
    }

    private static List<EndpointSource> endpoints(ProxyConfig config, int listener) {
        String upstream = config.listeners().get(listener).upstream();
        return config.upstreams().stream()
                .filter(u -> u.name().equals(upstream))
                .findFirst()
                .orElseThrow()
                .endpointSources();
    }

    @Test
    void eachListenerHasItsOwnEndpointsInOrder() {
        ProxyConfig config = configure(
                Map.of(),
                "--listen=127.0.0.1:1",
                "--threads",
                "3",
                "--to",
                "b:2,[::1]:3",
                "--listen",
                "unix:@a",
                "--to=unix:/c");
        assertEquals(2, config.listeners().size());
        assertEquals(
                new EndpointAddress.Tcp("127.0.0.1", 1),
                config.listeners().get(0).bind());
        assertEquals(List.of(new EndpointAddress.Tcp("b", 2), new EndpointAddress.Tcp("::1", 3)), endpoints(config, 0));
        assertEquals(new EndpointAddress.Unix("@a"), config.listeners().get(1).bind());
        assertEquals(List.of(new EndpointAddress.Unix("/c")), endpoints(config, 1));
        assertEquals(3, config.loops().threads());
    }

    @Test
    void aListenerMayHaveWhatWasPassedOn() {
        ProxyConfig config = configure(Map.of(), "--listen", "fd:pg", "--to", "fd:80", "--drain-timeout", "7s");
        assertEquals(
                new EndpointAddress.Passed("pg"), config.listeners().getFirst().bind());
        assertEquals(List.of(new EndpointAddress.Tcp("fd", 80)), endpoints(config, 0), "a host of this name");
        assertEquals(
                OnRemove.drain(Duration.ofSeconds(7)),
                config.upstreams().getFirst().onRemove());
        assertEquals(
                new EndpointAddress.Passed("3"),
                configure(Map.of("SLUICE_LISTEN", "fd:3", "SLUICE_TO", "a:1"))
                        .listeners()
                        .getFirst()
                        .bind());
    }

    @Test
    void twoFreePortsOfOneHostAreTwoListeners() {
        ProxyConfig config = configure(Map.of(), "--listen", "h:0", "--to", "a:1", "--listen", "h:0", "--to", "b:1");
        assertEquals(List.of(new EndpointAddress.Tcp("a", 1)), endpoints(config, 0));
        assertEquals(List.of(new EndpointAddress.Tcp("b", 1)), endpoints(config, 1));
    }

    @Test
    void aLoopFindsOutByItselfWhetherToSpinUnlessToldOtherwise() {
        assertEquals(
                BusyPoll.OFF,
                configure(Map.of(), "--listen", "h:0", "--to", "a:1", "--busy-poll", "0")
                        .loops()
                        .busyPoll());
        assertEquals(
                BusyPoll.AUTO,
                configure(Map.of("SLUICE_BUSY_POLL", "auto"), "--listen", "h:0", "--to", "a:1")
                        .loops()
                        .busyPoll());
    }

    @Test
    void defaults() {
        ProxyConfig config = configure(Map.of(), "--listen", "h:0", "--to", "a:1");
        assertEquals(Runtime.getRuntime().availableProcessors(), config.loops().threads());
        assertEquals(BufferSettings.DEFAULTS.pipeSize(), config.buffers().pipeSize());
        assertEquals(BusyPoll.AUTO, config.loops().busyPoll());
        assertEquals(Pin.OFF, config.loops().pin());
        assertEquals(Duration.ofMillis(2), config.listeners().getFirst().coalesce());
        ListenerConfig listener = config.listeners().getFirst();
        assertEquals(RelayMode.SPLICE, listener.relay());
        assertEquals(Duration.ofSeconds(5), listener.timeouts().connect());
        assertEquals(Duration.ofHours(1), listener.timeouts().idle());
        assertEquals(Duration.ofSeconds(30), listener.timeouts().halfClose());
    }

    @Test
    void everySettingHasAVariable() {
        Map<String, String> environment = Map.ofEntries(
                Map.entry("SLUICE_LISTEN", " a:1;\n b:2 "),
                Map.entry("SLUICE_TO", "c:3,d:4 e:5"),
                Map.entry("SLUICE_RELAY", "copy"),
                Map.entry("SLUICE_THREADS", "7"),
                Map.entry("SLUICE_PIPE_SIZE", "1MiB"),
                Map.entry("SLUICE_COPY_BUFFER", "8KiB"),
                Map.entry("SLUICE_STASH_LIMIT", "1GiB"),
                Map.entry("SLUICE_CONNECT_TIMEOUT", "250ms"),
                Map.entry("SLUICE_CONNECT_DEADLINE", "3s"),
                Map.entry("SLUICE_IDLE_TIMEOUT", "0"),
                Map.entry("SLUICE_HALF_CLOSE_TIMEOUT", "2m"),
                Map.entry("SLUICE_DRAIN_TIMEOUT", "1s"),
                Map.entry("SLUICE_DRAIN_DELAY", "2s"),
                Map.entry("SLUICE_EXIT_WHEN_IDLE", "1m"),
                Map.entry("SLUICE_BUSY_POLL", "50"),
                Map.entry("SLUICE_PIN", "0,8-13"),
                Map.entry("SLUICE_COALESCE", "5ms"),
                Map.entry("SLUICE_ACCESS_LOG", "json"),
                Map.entry("SLUICE_ACCESS_LOG_START", "true"),
                Map.entry("SLUICE_ACCESS_LOG_INTERVAL", "30s"),
                Map.entry("SLUICE_TAKEOVER_SOCKET", "/run/sluice/takeover.sock"),
                Map.entry("SLUICE_ADMIN", "10.0.0.1:9901"),
                Map.entry("SLUICE_ADMIN_TOKEN_FILE", "/run/secrets/sluice"));
        Set<String> variables = new HashSet<>(Forwards.VARIABLES);
        Settings.ALL.forEach(setting -> variables.add(setting.variable()));
        assertEquals(variables, environment.keySet());

        ProxyConfig config = configure(environment);
        assertEquals(2, config.listeners().size());
        assertEquals(List.of(new EndpointAddress.Tcp("c", 3), new EndpointAddress.Tcp("d", 4)), endpoints(config, 0));
        assertEquals(List.of(new EndpointAddress.Tcp("e", 5)), endpoints(config, 1));
        assertEquals(7, config.loops().threads());
        assertEquals(1 << 20, config.buffers().pipeSize());
        assertEquals(1L << 30, config.buffers().stashLimit());
        assertEquals(BusyPoll.fixed(Duration.ofNanos(50_000)), config.loops().busyPoll());
        assertEquals(Pin.to(List.of(0, 8, 9, 10, 11, 12, 13)), config.loops().pin());
        assertEquals(Duration.ofMillis(5), config.listeners().getFirst().coalesce());
        ListenerConfig listener = config.listeners().getFirst();
        assertEquals(RelayMode.COPY, listener.relay());
        assertEquals(new ReportSettings(true, Duration.ofSeconds(30)), listener.reports());
        assertEquals(Duration.ofMillis(250), listener.timeouts().connect());
        assertEquals(Duration.ZERO, listener.timeouts().idle());
        assertEquals(Duration.ofMinutes(2), listener.timeouts().halfClose());
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void theDeadlineOfAllAttemptsLeavesRoomForOne() {
        assertEquals(Duration.ofSeconds(15), connectDeadline());
        assertEquals(Duration.ofSeconds(15), connectDeadline("--connect-timeout", "14s"));
        assertEquals(Duration.ofSeconds(20), connectDeadline("--connect-timeout", "20s"));
        assertEquals(Duration.ofSeconds(4), connectDeadline("--connect-timeout", "20s", "--connect-deadline", "4s"));
    }

    private Duration connectDeadline(String... more) {
        List<String> args = new ArrayList<>(List.of("--listen", "h:0", "--to", "a:1"));
        args.addAll(List.of(more));
        ProxyConfig config = configure(Map.of(), args.toArray(String[]::new));
        return config.listeners().getFirst().timeouts().connectDeadline();
    }

    /** What the table lets pass the configuration accepts, from one end of the range to the other. */
    @ParameterizedTest
    @MethodSource("rangesOfSettings")
    void bothEndsOfARangeAreAccepted(String option, String value) {
        configure(Map.of(), "--listen", "h:0", "--to", "a:1", option, value);
    }

    static Stream<Arguments> rangesOfSettings() {
        return Settings.ALL.stream()
                .filter(setting -> !(setting.kind() instanceof Words.OfAdmin)) // whose range is no list of values
                .filter(setting -> !(setting.kind() instanceof Kind.OfPin)) // whose range has an example in it
                .flatMap(setting -> Stream.of(setting.kind().range().split(" to |, or |, ", -1))
                        .map(value -> Arguments.of(setting.option(), value)));
    }

    @Test
    void optionsBeatTheEnvironmentEvenAWrongOne() {
        ProxyConfig config = configure(
                Map.of("SLUICE_LISTEN", "wrong", "SLUICE_TO", "wrong", "SLUICE_THREADS", "wrong", "SLUICE_RELAY", ""),
                "--listen",
                "h:0",
                "--to",
                "a:1",
                "--threads",
                "2");
        assertEquals(2, config.loops().threads());
        assertEquals(List.of(new EndpointAddress.Tcp("a", 1)), endpoints(config, 0));
        assertEquals(RelayMode.SPLICE, config.listeners().getFirst().relay());
    }

    @Test
    void variablesThatNobodyReadsAreTold() {
        configure(
                Map.of(
                        "SLUICE_TREADS",
                        "2",
                        "SLUICE_JAVA_OPTS",
                        "-Xmx1g",
                        "SLUICE_SERVICE_HOST",
                        "10.0.0.1",
                        "HOME",
                        "/"),
                "--listen",
                "h:0",
                "--to",
                "a:1");
        List<String> lines = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(
                lines.getFirst().startsWith("sluice: warning: SLUICE_TREADS is no variable of sluice"),
                lines.toString());
    }
}
