package dev.sluice.cli.run;

import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.options.Settings;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.config.UpstreamConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code run}, and the configuration that they make. */
@SuppressWarnings("FieldMayBeFinal") // picocli sets them
final class RunOptions {
    static final Duration DEFAULT_DRAIN_TIMEOUT = Duration.ofSeconds(30);

    @Option(
            names = Forwards.LISTEN,
            paramLabel = "ADDRESS",
            order = 1,
            description = "Where to listen: host:port, [v6]:port, unix:/path or unix:@name."
                    + " Port 0: any free one; the start line tells which. Repeatable, each followed by its --to.")
    private @Nullable List<String> listen;

    @Option(
            names = Forwards.TO,
            paramLabel = "ADDRESS[,ADDRESS...]",
            order = 2,
            description = "Where to forward to. New sessions go round the endpoints;"
                    + " one that does not answer is passed over.")
    private @Nullable List<String> to;

    @Option(
            names = "--relay",
            paramLabel = "splice|copy|auto",
            order = 3,
            converter = Settings.Relay.class,
            description = "How bytes cross: splice, through a kernel pipe (default);"
                    + " copy, through a buffer of this process; auto, the one or the other by the size"
                    + " of what comes.")
    private RelayMode relay = RelayMode.SPLICE;

    @Option(
            names = "--threads",
            paramLabel = "N",
            order = 4,
            converter = Settings.Threads.class,
            description = "Event loops, 1 to 256. Default: one per core.")
    private int threads = Math.min(Runtime.getRuntime().availableProcessors(), LoopSettings.MAX_THREADS);

    @Option(
            names = "--pipe-size",
            paramLabel = "SIZE",
            order = 5,
            converter = Settings.PipeSize.class,
            description = "Of each pipe, 4 KiB to 1 GiB; the kernel rounds up to a power of two, and without"
                    + " CAP_SYS_RESOURCE gives no more than fs.pipe-max-size. Default: 256KiB.")
    private int pipeSize = BufferSettings.DEFAULTS.pipeSize();

    @Option(
            names = "--copy-buffer",
            paramLabel = "SIZE",
            order = 6,
            converter = Settings.CopyBuffer.class,
            description = "That a loop copies through, where it does, 1 KiB to 16 MiB. Default: 64KiB.")
    private int copyBuffer = BufferSettings.DEFAULTS.copyBuffer();

    @Option(
            names = "--connect-timeout",
            paramLabel = "DURATION",
            order = 7,
            converter = Settings.ConnectTimeout.class,
            description = "For each attempt to connect to an endpoint, 1ms to 1d. Default: 5s.")
    private Duration connectTimeout = Timeouts.DEFAULTS.connect();

    @Option(
            names = "--idle-timeout",
            paramLabel = "DURATION",
            order = 8,
            converter = Settings.QuietTimeout.class,
            description = "Ends a session without a byte in either direction for this long; 0: never. Default: 1h.")
    private Duration idleTimeout = Timeouts.DEFAULTS.idle();

    @Option(
            names = "--half-close-timeout",
            paramLabel = "DURATION",
            order = 9,
            converter = Settings.QuietTimeout.class,
            description = "Once one direction has ended, ends the other when it is silent for this long;"
                    + " 0: as the idle timeout. Default: 30s.")
    private Duration halfCloseTimeout = Timeouts.DEFAULTS.halfClose();

    @Option(
            names = "--drain-timeout",
            paramLabel = "DURATION",
            order = 10,
            converter = Settings.DrainTimeout.class,
            description = "On SIGTERM, how long sessions may go on before they are cut, up to 1d; 0: not at all."
                    + " Default: 30s.")
    private Duration drainTimeout = DEFAULT_DRAIN_TIMEOUT;

    @Option(
            names = "--busy-poll",
            paramLabel = "DURATION",
            order = 11,
            converter = Settings.BusyPoll.class,
            description = "How long a loop spins before it sleeps, up to 1s: latency for CPU."
                    + " A bare number is of microseconds. Default: 0, off.")
    private Duration busyPoll = Duration.ZERO;

    @Option(
            names = "--coalesce",
            paramLabel = "DURATION",
            order = 12,
            converter = Settings.Coalesce.class,
            description = "How long a stream of many megabytes that runs one way may gather before it goes on,"
                    + " 1ms to 100ms: CPU for a delay where it pauses; 0: not at all. Default: 2ms.")
    private Duration coalesce = ListenerConfig.DEFAULT_COALESCE;

    @Option(
            names = "--access-log",
            paramLabel = "text|json|off",
            order = 13,
            converter = LogFormat.Converter.class,
            description = "One line per finished session on stdout. Default: text.")
    private LogFormat accessLog = LogFormat.TEXT;

    boolean hasForwards() {
        return listen != null || to != null;
    }

    RelayMode relay() {
        return relay;
    }

    Duration drainTimeout() {
        return drainTimeout;
    }

    LogFormat accessLog() {
        return accessLog;
    }

    /** The configuration of a proxy with these listeners. */
    ProxyConfig toConfig(List<Forwards.Forward> forwards) {
        List<ListenerConfig> listeners = new ArrayList<>();
        List<UpstreamConfig> upstreams = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Forwards.Forward forward : forwards) {
            String name = forward.listen().toString();
            if (!names.add(name)) {
                name += "#" + listeners.size(); // twice a free port of the same host
                names.add(name);
            }
            upstreams.add(UpstreamConfig.of(name, forward.to()));
            Timeouts timeouts = Timeouts.DEFAULTS
                    .withConnect(connectTimeout)
                    .withIdle(idleTimeout)
                    .withHalfClose(halfCloseTimeout);
            listeners.add(ListenerConfig.of(name, forward.listen(), name)
                    .withRelay(relay)
                    .withCoalesce(coalesce)
                    .withTimeouts(timeouts));
        }
        return new ProxyConfig(
                new LoopSettings(threads, busyPoll), new BufferSettings(pipeSize, copyBuffer), listeners, upstreams);
    }
}
