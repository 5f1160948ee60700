package dev.sluice.cli.run;

import dev.sluice.cli.log.AccessLogConfig;
import dev.sluice.cli.options.AdminConfig;
import dev.sluice.cli.options.ConfigVariable;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.options.Setting;
import dev.sluice.cli.options.SettingOptions;
import dev.sluice.cli.options.Settings;
import dev.sluice.linux.Address;
import dev.sluice.proxy.Takeover;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.OnRemove;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.ReportSettings;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.config.UpstreamConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code run} was given, listeners and {@link Settings}, and the configuration that it makes. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class RunOptions {
    /** Where the options of the settings stand in the help text: behind those that are here. */
    static final int FIRST_SETTING = 5;

    private static final String CONFIG = "--config";

    @Option(
            names = Forwards.LISTEN,
            paramLabel = "ADDRESS",
            order = 1,
            description =
                    "Where to listen: host:port, [v6]:port, unix:/path, unix:@name, or fd:NAME for a socket that was"
                            + " passed on (LISTEN_FDS). Port 0: any free one; the start line tells which. Repeatable, each followed by its"
                            + " --to.")
    private @Nullable List<String> listen;

    @Option(
            names = Forwards.TO,
            paramLabel = "ADDRESS[,ADDRESS...]",
            order = 2,
            description = "Where to forward to. New sessions go round the endpoints;"
                    + " one that does not answer is passed over.")
    private @Nullable List<String> to;

    @Option(
            names = {"-c", CONFIG},
            paramLabel = "FILE",
            order = 3,
            description = "A configuration file, instead of --listen and --to.")
    private @Nullable String config;

    @Option(
            names = "--takeover",
            order = 4,
            description =
                    "Take the listening sockets over from the proxy at --takeover-socket, which goes on accepting until"
                            + " this one does and then drains. With nobody there, a warning.")
    private boolean takeover;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    boolean hasForwards() {
        return listen != null || to != null;
    }

    /**
     * The configuration file, null if there is none. What is on the command line beats the environment: a file beats variables
     * that name listeners, and listeners beat a variable that names a file.
     *
     * @throws IllegalArgumentException when both are there
     */
    @Nullable
    String file(Map<String, String> environment) {
        if (config != null) {
            if (hasForwards()) {
                throw new IllegalArgumentException(
                        CONFIG + " and " + Forwards.LISTEN + " exclude each other:" + " listeners go into the file");
            }
            return config;
        }
        String named = hasForwards() ? null : ConfigVariable.of(environment);
        if (named != null) {
            for (String variable : Forwards.VARIABLES) {
                if (!environment.getOrDefault(variable, "").isEmpty()) {
                    throw new IllegalArgumentException(ConfigVariable.NAME + " and " + variable
                            + " exclude each other: listeners go into the file");
                }
            }
        }
        return named;
    }

    /**
     * Whether and how the proxy is one of a line, null when it is by itself.
     *
     * @param path where a successor comes; empty = nowhere
     * @throws IllegalArgumentException when something is missing for that
     */
    @Nullable
    Takeover takeover(String path, Takeover.Observer observer) {
        if (!path.isEmpty()) {
            return new Takeover(new Address.Unix(path), takeover, observer);
        }
        if (takeover) {
            throw new IllegalArgumentException(
                    "--takeover needs --takeover-socket, or 'takeover' in the file: the path where the"
                            + " proxy that runs has its own");
        }
        return null;
    }

    /** Whether there may be a predecessor to take over from. */
    boolean isSuccessor() {
        return takeover;
    }

    private <T> T value(Setting<T> setting) {
        return SettingOptions.value(command, setting);
    }

    /** What a service with these listeners is told. */
    ServiceConfig toConfig(List<Forwards.Forward> forwards) {
        AccessLogConfig log = new AccessLogConfig(
                value(Settings.ACCESS_LOG),
                null,
                new ReportSettings(value(Settings.ACCESS_LOG_START), value(Settings.ACCESS_LOG_INTERVAL)));
        List<ListenerConfig> listeners = new ArrayList<>();
        List<UpstreamConfig> upstreams = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Forwards.Forward forward : forwards) {
            String name = forward.listen().toString();
            if (!names.add(name)) {
                name += "#" + listeners.size(); // twice a free port of the same host
                names.add(name);
            }
            upstreams.add(
                    UpstreamConfig.of(name, forward.to()).withOnRemove(OnRemove.drain(value(Settings.DRAIN_TIMEOUT))));
            listeners.add(ListenerConfig.of(name, forward.listen(), name)
                    .withRelay(value(Settings.RELAY))
                    .withCoalesce(value(Settings.COALESCE))
                    .withTimeouts(timeouts())
                    .withReports(log.reports()));
        }
        ProxyConfig proxy = new ProxyConfig(
                new LoopSettings(value(Settings.THREADS), value(Settings.BUSY_POLL), value(Settings.PIN)),
                new BufferSettings(value(Settings.PIPE_SIZE), value(Settings.COPY_BUFFER), value(Settings.STASH_LIMIT)),
                listeners,
                upstreams);
        return new ServiceConfig(
                proxy,
                log,
                value(Settings.DRAIN_TIMEOUT),
                value(Settings.DRAIN_DELAY),
                value(Settings.EXIT_WHEN_IDLE),
                value(Settings.TAKEOVER_SOCKET),
                new AdminConfig(value(Settings.ADMIN), value(Settings.ADMIN_TOKEN_FILE), List.of(), false));
    }

    private Timeouts timeouts() {
        Timeouts timeouts = Timeouts.DEFAULTS
                .withConnect(value(Settings.CONNECT_TIMEOUT))
                .withIdle(value(Settings.IDLE_TIMEOUT))
                .withHalfClose(value(Settings.HALF_CLOSE_TIMEOUT));
        Duration deadline = SettingOptions.given(command, Settings.CONNECT_DEADLINE);
        return deadline == null ? timeouts : timeouts.withConnectDeadline(deadline);
    }
}
