package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.log.AccessLogConfig;
import dev.sluice.cli.options.AdminConfig;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.options.Settings;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import java.time.Duration;
import java.util.List;

/** The file as a whole. */
public final class FileSection extends Section<ServiceConfig> {
    private final Key<Integer> threads = global(Settings.THREADS);

    @SuppressWarnings("UnusedVariable") // listeners have it from the reading
    private final Key<RelayMode> relay = global(Settings.RELAY);

    private final Key<Integer> pipeSize = global(Settings.PIPE_SIZE);
    private final Key<Integer> copyBuffer = global(Settings.COPY_BUFFER);
    private final Key<Long> stashLimit = global(Settings.STASH_LIMIT);
    private final Key<BusyPoll> busyPoll = global(Settings.BUSY_POLL);
    private final Key<Pin> pin = global(Settings.PIN);

    @SuppressWarnings("UnusedVariable") // like relay
    private final Key<Duration> coalesce = global(Settings.COALESCE);

    private final Key<Duration> drainTimeout = global(Settings.DRAIN_TIMEOUT);
    private final Key<Duration> drainDelay = global(Settings.DRAIN_DELAY);
    private final Key<Duration> exitWhenIdle = global(Settings.EXIT_WHEN_IDLE);

    private final Key<String> takeover = global("takeover", Settings.TAKEOVER_SOCKET, Settings.TAKEOVER_SOCKET.help());

    private final Key<AccessLogConfig> accessLog =
            map("access-log", AccessLogSection.shape(), "One line for each session, when it has ended.");

    private final Key<AdminConfig> admin =
            map("admin", AdminSection.shape(), "Health, metrics, state and orders, over HTTP.");

    private final Key<List<List<ListenerConfig>>> listeners = required(
            "listeners",
            new Shape.Many<>(new Shape.Map<>(new ListenerSection()), 1, false),
            "Where to listen, and what happens to what connects there.");

    private final Key<List<UpstreamConfig>> upstreams = required(
            "upstreams",
            new Shape.Many<>(new Shape.Map<>(new UpstreamSection()), 1, false),
            "Groups of servers that do the same.");

    @Override
    protected ServiceConfig build(Values values) {
        values.reading().checkNames(); // the core would refuse them, too, without their place
        if (!values.get(pin).suits(values.get(threads))) {
            throw values.wrong(
                    pin,
                    "'" + values.get(pin) + "' has fewer CPUs than there are threads, " + values.get(threads)
                            + "; expected one for each");
        }
        AccessLogConfig log = values.get(accessLog);
        ProxyConfig proxy = new ProxyConfig(
                new LoopSettings(values.get(threads), values.get(busyPoll), values.get(pin)),
                new BufferSettings(values.get(pipeSize), values.get(copyBuffer), values.get(stashLimit)),
                values.get(listeners).stream()
                        .flatMap(List::stream)
                        .map(listener -> listener.withReports(log.reports()))
                        .toList(),
                values.get(upstreams));
        return new ServiceConfig(
                proxy,
                log,
                values.get(drainTimeout),
                values.get(drainDelay),
                values.get(exitWhenIdle),
                values.get(takeover),
                values.get(admin));
    }
}
