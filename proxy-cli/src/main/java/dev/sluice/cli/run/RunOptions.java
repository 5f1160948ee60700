package dev.sluice.cli.run;

import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.options.Setting;
import dev.sluice.cli.options.SettingOptions;
import dev.sluice.cli.options.Settings;
import dev.sluice.linux.Address;
import dev.sluice.proxy.Takeover;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code run} was given, listeners and {@link Settings}, and the configuration that it makes. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class RunOptions {
    /** Where the options of the settings stand in the help text: behind those that are here. */
    static final int FIRST_SETTING = 4;

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
            names = "--takeover",
            order = 3,
            description =
                    "Take the listening sockets over from the proxy at --takeover-socket, which goes on accepting until"
                            + " this one does and then drains. With nobody there, a warning.")
    private boolean takeover;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    boolean hasForwards() {
        return listen != null || to != null;
    }

    RelayMode relay() {
        return value(Settings.RELAY);
    }

    Duration drainTimeout() {
        return value(Settings.DRAIN_TIMEOUT);
    }

    LogFormat accessLog() {
        return value(Settings.ACCESS_LOG);
    }

    /**
     * Whether and how the proxy is one of a line, null when it is by itself.
     *
     * @throws IllegalArgumentException when something is missing for that
     */
    @Nullable
    Takeover takeover(Takeover.Observer observer) {
        String path = value(Settings.TAKEOVER_SOCKET);
        if (path.isEmpty()) {
            checkTakeover();
            return null;
        }
        return new Takeover(new Address.Unix(path), takeover, observer);
    }

    private void checkTakeover() {
        if (takeover && value(Settings.TAKEOVER_SOCKET).isEmpty()) {
            throw new IllegalArgumentException(
                    "--takeover needs --takeover-socket: the path where the proxy that runs has its own");
        }
    }

    private <T> T value(Setting<T> setting) {
        return SettingOptions.value(command, setting);
    }

    /** The configuration of a proxy with these listeners. */
    ProxyConfig toConfig(List<Forwards.Forward> forwards) {
        checkTakeover();
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
            listeners.add(ListenerConfig.of(name, forward.listen(), name)
                    .withRelay(relay())
                    .withCoalesce(value(Settings.COALESCE))
                    .withTimeouts(timeouts()));
        }
        return new ProxyConfig(
                new LoopSettings(value(Settings.THREADS), value(Settings.BUSY_POLL)),
                new BufferSettings(value(Settings.PIPE_SIZE), value(Settings.COPY_BUFFER)),
                listeners,
                upstreams);
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
