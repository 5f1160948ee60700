package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.OnRemove;
import dev.sluice.proxy.config.OutlierConfig;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An item of {@code upstreams}. */
final class UpstreamSection extends Section<UpstreamConfig> {
    /** One whose listeners must be able to close and to open again. */
    static final String CLOSING = "upstream that closes its listeners";

    private final Key<String> name = required(
            "name",
            new Shape.Definition("upstream", new Words.OfName()),
            "What listeners refer to, and what logs and metrics call it.");

    private final Key<Balance> balance = key(
            "balance",
            new Kind.OneOf<>(Balance.class),
            Balancing.DEFAULTS.policy(),
            "How new sessions are spread. round-robin: each endpoint in turn, as often as its weight says. least-sessions: where"
                    + " there are fewest for the weight. random-two: the better of two that are drawn. source-hash: the same client to"
                    + " the same endpoint.");

    private final Key<Integer> retries = key(
            "retries",
            new Kind.OfNumber(0, Balancing.MAX_RETRIES),
            Balancing.DEFAULTS.retries(),
            "Further endpoints that are tried when one cannot be connected to. The only one that takes sessions is tried again,"
                    + " after a second each time (or connect-timeout, if that is less), when it refuses: it may be starting. All within"
                    + " connect-deadline, and never once a byte was relayed.");

    private final Key<List<EndpointConfig>> endpoints =
            required("endpoints", new Shape.Many<>(EndpointSection.shape(), 1, false), "Its servers, each once.");

    private final Key<ResolveSettings> resolve = map(
            "resolve", new ResolveSection(), "How the names of its endpoints are looked up; only where there are any.");

    private final Key<HealthConfig> health =
            optional("health", HealthSection.shape(), "no check: every endpoint is up", "How endpoints are checked.");

    private final Key<OutlierConfig> outliers = optional(
            "outliers",
            new Shape.Map<>(new OutlierSection()),
            "nobody is ejected",
            "Endpoints that sessions fail with get no new ones for some time.");

    private final Key<Duration> slowStart = key(
            "slow-start",
            new Kind.OfDuration(Balancing.MIN_SLOW_START, Balancing.MAX_SLOW_START).orZero(),
            Balancing.DEFAULTS.slowStart(),
            "How long an endpoint that comes up again takes to get its whole share; 0: it has it at once.");

    private final Key<Integer> atMost = key(
            "at-most",
            new Kind.OfNumber(0, HealthPolicy.MAX_AT_MOST),
            0,
            "When more endpoints than this are healthy, two primaries say, none is used; 0: no such rule.");

    private final Key<WhenDown> whenDown = key(
            "when-down",
            WhenDownSection.shape(),
            "refuse",
            "What becomes of new sessions while no endpoint takes any: they are refused, or held. close-listener: its listeners do"
                    + " not listen meanwhile, so that who balances above them sees a refused connection and goes elsewhere; a check, a"
                    + " name without an address or your hand says that nobody does. Their ports should not be in"
                    + " net.ipv4.ip_local_port_range, from which others are given theirs.");

    private final Key<HealthPolicy.OnDown> onDown = key(
            "on-down",
            new Kind.OneOf<>(HealthPolicy.OnDown.class),
            HealthPolicy.NONE.onDown(),
            "What becomes of the sessions of an endpoint that goes down: they go on as long as they can, or are closed. New ones on"
                    + " their way to it go elsewhere.");

    private final Key<Boolean> postgresCancel = key(
            "postgres-cancel",
            new Words.OfBoolean(),
            false,
            "For servers of PostgreSQL: a request to cancel a query, as psql sends on Ctrl-C in a connection of its own, goes to every"
                    + " endpoint that is not down, since only one of them knows the query. For that, what a client says first is looked at; one that says"
                    + " nothing within 5 s is ended. In TLS the request cannot be seen, and goes to one endpoint.");

    private final Key<OnRemove.Policy> onRemove = key(
            "on-remove",
            new Kind.OneOf<>(OnRemove.Policy.class),
            OnRemove.DEFAULT.policy(),
            "What becomes of the sessions of an endpoint that is in the file no more, or that its name stands for no more: they go on for"
                    + " drain-timeout at most, go on until they end, or are closed at once. One that is there again keeps them. A name"
                    + " whose answers are only ever a part of its addresses needs keep.");

    private final Key<List<String>> source = optional(
            "source",
            new Shape.Many<>(new Shape.One<>(new Words.OfIp()), 1, true),
            "what the kernel chooses",
            "Local addresses that servers are connected from, in turn: each has its own ports. An IPv4 address is for servers with one,"
                    + " an IPv6 address likewise.");

    private final Key<TcpSettings> tcp =
            map("tcp", new TcpSection(), "The TCP sockets that are connected to its servers.");

    @Override
    protected UpstreamConfig build(Values values) {
        List<EndpointConfig> servers = values.get(endpoints);
        WhenDown down = values.get(whenDown);
        List<String> sources = values.find(source);
        ResolveSettings lookup = values.get(resolve);
        tellOfTwins(values, servers);
        tellOfIdleSources(values, servers, sources == null ? List.of() : sources);
        if (servers.stream().noneMatch(server -> server.source().mayChange())) {
            if (values.isGiven(resolve)) {
                values.tell(resolve, "has no name to look up: every endpoint is an address; expected no such key");
            }
            values.drop(resolve);
        }
        if (down.closesListeners()) {
            values.reading().names().mark(CLOSING, values.get(name));
        }
        return UpstreamConfig.of(
                        values.get(name),
                        servers.stream().map(EndpointConfig::source).toList())
                .withEndpoints(servers)
                .withResolve(lookup)
                .withTcp(values.get(tcp))
                .withBalancing(new Balancing(values.get(balance), values.get(retries), values.get(slowStart)))
                .withWhenDown(down)
                .withSources(sources == null ? List.of() : sources)
                .withHealth(health(values))
                .withPostgresCancel(values.get(postgresCancel))
                .withOnRemove(
                        new OnRemove(values.get(onRemove), values.reading().global(Settings.DRAIN_TIMEOUT)));
    }

    /** The same place twice is one endpoint: it would not get twice the sessions. */
    private void tellOfTwins(Values values, List<EndpointConfig> servers) {
        Map<Object, Integer> first = new HashMap<>();
        for (int i = 0; i < servers.size(); i++) {
            EndpointSource server = servers.get(i).source();
            Integer earlier = first.putIfAbsent(server.place(), i);
            if (earlier != null) {
                values.tell(
                        endpoints,
                        i,
                        "has '" + server + "' already, in line "
                                + values.at(endpoints, earlier).line() + "; expected each once");
            }
        }
    }

    /** A local address of one family reaches none of the other; of names it is not known which they have. */
    private void tellOfIdleSources(Values values, List<EndpointConfig> servers, List<String> sources) {
        if (servers.stream().anyMatch(server -> server.source().mayChange())) {
            return;
        }
        for (int i = 0; i < sources.size(); i++) {
            boolean six = sources.get(i).indexOf(':') >= 0;
            if (servers.stream().noneMatch(server -> isOf(six, server.source()))) {
                values.tell(
                        source,
                        i,
                        "'" + sources.get(i) + "' reaches no endpoint: none has an address of "
                                + (six ? "IPv6" : "IPv4")
                                + "; expected an address of the same family as an endpoint's");
            }
        }
    }

    private static boolean isOf(boolean six, EndpointSource server) {
        return server instanceof EndpointAddress.Tcp tcp && six == tcp.host().indexOf(':') >= 0;
    }

    private HealthPolicy health(Values values) {
        if (values.get(atMost) > 0 && values.find(health) == null) {
            throw values.wrong(atMost, "is a rule about healthy endpoints; expected 'health' beside it");
        }
        return new HealthPolicy(values.find(health), values.find(outliers), values.get(onDown), values.get(atMost));
    }
}
