package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.Timeouts;
import java.time.Duration;

/** An item of {@code listeners}. */
final class ListenerSection extends Section<ListenerConfig> {
    private final Key<String> name = optional(
            "name",
            new Shape.Definition("listener", new Words.OfName()),
            "its address",
            "What logs and metrics call it.");

    private final Key<EndpointAddress> bind = required(
            "bind",
            new Shape.One<>(new Words.OfAddress(true)),
            "Where to listen: host:port, [v6]:port, unix:/path or unix:@name. Port 0: any free one.");

    private final Key<String> upstream = required(
            "upstream",
            new Shape.Reference("upstream", new Words.OfName()),
            "The name of the upstream that its connections are forwarded to.");

    private final Key<RelayMode> relay = inherited(Settings.RELAY);
    private final Key<Duration> coalesce = inherited(Settings.COALESCE);
    private final Key<Duration> connectTimeout = inherited(Settings.CONNECT_TIMEOUT);

    private final Key<Duration> connectDeadline = optional(
            Settings.CONNECT_DEADLINE.key(),
            new Shape.One<>(Settings.CONNECT_DEADLINE.kind()),
            Settings.CONNECT_DEADLINE.standardText(),
            Settings.CONNECT_DEADLINE.help());

    private final Key<Duration> idleTimeout = inherited(Settings.IDLE_TIMEOUT);
    private final Key<Duration> halfCloseTimeout = inherited(Settings.HALF_CLOSE_TIMEOUT);
    private final Key<TcpSettings> tcp = map("tcp", new TcpSection(), "The clients' TCP sockets.");

    @Override
    protected ListenerConfig build(Values values) {
        EndpointAddress address = values.get(bind);
        if (!(address instanceof EndpointAddress.Tcp port && port.port() == 0)) {
            values.reading().names().define("listener on", address.toString(), values.at(bind));
        }
        String called = values.find(name);
        return new ListenerConfig(
                called == null ? values.reading().names().unused(address.toString()) : called,
                address,
                values.get(upstream),
                values.get(relay),
                values.get(coalesce),
                timeouts(values),
                values.get(tcp));
    }

    private Timeouts timeouts(Values values) {
        Timeouts timeouts = Timeouts.DEFAULTS
                .withConnect(values.get(connectTimeout))
                .withIdle(values.get(idleTimeout))
                .withHalfClose(values.get(halfCloseTimeout));
        Duration given = values.reading().given(Settings.CONNECT_DEADLINE);
        return timeouts.withConnectDeadline(
                values.get(connectDeadline, given == null ? timeouts.connectDeadline() : given));
    }
}
