package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ReportSettings;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.Timeouts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** An item of {@code listeners}: one listener, which the core has once for each of its addresses. */
final class ListenerSection extends Section<List<ListenerConfig>> {
    private final Key<String> name = optional(
            "name",
            new Shape.Definition("listener", new Words.OfName()),
            "its address",
            "What logs and metrics call it.");

    private final Key<List<EndpointAddress>> bind = required(
            "bind",
            new Shape.Many<>(new Shape.One<>(new Words.OfAddress(true)), 1, true),
            "Where to listen: host:port, [v6]:port, unix:/path or unix:@name. Port 0: any free one. fd:NAME: a socket that systemd, say,"
                    + " has opened and passed on (LISTEN_FDS), by its name or its number.");

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

    private final Key<Duration> maxSessionAge = key(
            "max-session-age",
            new Kind.OfDuration(Timeouts.MIN_AGE, Timeouts.MAX).orZero(),
            Duration.ZERO,
            "Ends a session, with a reset and whatever is under way, when it is so old, give or take a tenth, so that not all end at once; 0: never.");

    private final Key<TcpSettings> tcp = map("tcp", new TcpSection(), "The clients' TCP sockets.");

    @Override
    protected List<ListenerConfig> build(Values values) {
        List<ListenerConfig> made = new ArrayList<>();
        Timeouts timeouts = timeouts(values);
        for (EndpointAddress address : addresses(values)) {
            String called = values.find(name);
            ListenerConfig listener = new ListenerConfig(
                    called == null ? values.reading().names().unused(address.toString()) : called,
                    address,
                    values.get(upstream),
                    values.get(relay),
                    values.get(coalesce),
                    timeouts,
                    values.get(tcp),
                    ReportSettings.NONE); // what the access log wants is known to the file as a whole
            if (!listener.canReopen()) {
                String text = "bind is '" + address
                        + "', and its upstream closes the listener when nobody is up (when-down), which"
                        + " cannot be opened again there; expected an address with a port, or a path";
                values.reading().names().refuseIf(UpstreamSection.CLOSING, listener.upstream(), values.at(bind), text);
            }
            made.add(listener);
        }
        return List.copyOf(made);
    }

    private List<EndpointAddress> addresses(Values values) {
        List<EndpointAddress> addresses = values.get(bind);
        for (EndpointAddress address : addresses) {
            if (Collections.frequency(addresses, address) > 1) {
                throw values.wrong(bind, "has '" + address + "' twice; expected once");
            }
            if (!(address instanceof EndpointAddress.Tcp tcp && tcp.port() == 0)) {
                values.reading().names().define("listener on", address.toString(), values.at(bind));
            }
        }
        return addresses;
    }

    private Timeouts timeouts(Values values) {
        Timeouts timeouts = Timeouts.DEFAULTS
                .withConnect(values.get(connectTimeout))
                .withIdle(values.get(idleTimeout))
                .withHalfClose(values.get(halfCloseTimeout))
                .withMaxAge(values.get(maxSessionAge));
        Duration given = values.reading().given(Settings.CONNECT_DEADLINE);
        return timeouts.withConnectDeadline(
                values.get(connectDeadline, given == null ? timeouts.connectDeadline() : given));
    }
}
