package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.upstream.ConnectContext;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Group;
import dev.sluice.proxy.upstream.Upstream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The receptions of a few loops that the test turns by hand, with one listening socket. */
final class ReceptionRig implements AutoCloseable {
    private static final long SECOND = 1_000_000_000L;
    /** So long that no test waits for it. */
    static final long PATIENT = 60 * SECOND;

    private static final int BUFFER = 64 << 10;

    final Net net;
    final LoopRig loops;
    final DescriptorBudget budget;
    final LoopBalancer balancer;
    final List<Reception> receptions = new ArrayList<>();
    final ListenSocket socket;
    private final long budgeted;
    private final List<RelayContext> relays = new ArrayList<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final ListenerStats stats;
    private @Nullable Preamble preamble;

    /**
     * @param bind where it listens
     * @param budgeted descriptors that there are
     */
    ReceptionRig(Net net, int count, Address bind, long budgeted) {
        this.net = net;
        this.budgeted = budgeted;
        loops = new LoopRig(count);
        stats = new ListenerStats("test", count);
        budget = new DescriptorBudget(budgeted);
        List<AtomicInteger> loads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            loads.add(new AtomicInteger());
        }
        balancer = new LoopBalancer(loads, List.of());
        for (int i = 0; i < count; i++) {
            EventLoop loop = loops.loops.get(i);
            RelayContext relay = new RelayContext(
                    loops.kernel,
                    loop,
                    loops.observer,
                    balancer.load(i),
                    budget,
                    new BufferSettings(BUFFER, BUFFER),
                    count);
            ConnectContext connect = new ConnectContext(loops.kernel, loop, i, 1, loops.warnings::add);
            relays.add(relay);
            receptions.add(new Reception(relay, connect, budget, balancer, i));
        }
        receptions.forEach(reception -> reception.meet(receptions));
        try {
            socket = ListenSocket.open(loops.kernel, bind, TcpSettings.DEFAULTS);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** One loop. */
    ReceptionRig(Net net) {
        this(net, 1, Net.LOOPBACK, 1000);
    }

    /** What is looked for on the routes that are made from now on. */
    ReceptionRig preamble(Preamble sought) {
        preamble = sought;
        return this;
    }

    /** From the listener to these, one after the other, each attempt with so much time. */
    Routes routes(long attemptNanos, Address... addresses) {
        Group group = new Group("test", receptions.size());
        List<Upstream.Member> members = new ArrayList<>();
        for (Address address : addresses) {
            Endpoint endpoint = new Endpoint(group, address);
            endpoints.add(endpoint);
            members.add(new Upstream.Member(List.of(endpoint)));
        }
        Upstream upstream = new Upstream(group, members, Balancing.DEFAULTS, TcpSettings.DEFAULTS, WhenDown.REFUSE);
        ListenerConfig listener = ListenerConfig.of("test", EndpointAddress.parse("127.0.0.1:0"), "test");
        ConnectSettings connect = new ConnectSettings(attemptNanos, PATIENT, TcpSettings.DEFAULTS);
        return new Routes(List.of(new Route(
                socket,
                SessionPolicy.of(listener, TcpSettings.DEFAULTS),
                upstream,
                connect,
                preamble,
                stats,
                receptions.size())));
    }

    /** All loops go by these from now on. */
    ReceptionRig route(long attemptNanos, Address... addresses) {
        Routes routes = routes(attemptNanos, addresses);
        receptions.forEach(reception -> reception.swap(routes));
        return this;
    }

    /** What is counted of the listener, with all of its routes. */
    ListenerStats stats() {
        return stats;
    }

    /** The endpoint that was made n-th. */
    Endpoint endpoint(int n) {
        return endpoints.get(n);
    }

    Conn client(Stream up, Stream down) {
        return new Conn(net, net.connect(socket.address()), up, down);
    }

    Conn client() {
        return client(Stream.fresh(), Stream.fresh());
    }

    SessionEnd awaitEnd() {
        loops.until("the end", () -> !loops.ends.isEmpty());
        return loops.ends.removeFirst();
    }

    /** Nothing has been lost: no descriptor of the budget, no place on a loop, no session of an endpoint. */
    void assertIdle() {
        assertEquals(0, balancer.total(), "load");
        assertEquals(0, loops.get(Counter.ACTIVE), "active");
        assertEquals(0, stats.live(), "live");
        relays.forEach(RelayContext::trim); // idle pipes that are kept have claimed theirs
        assertEquals(budgeted, budget.available(), "descriptors");
        endpoints.forEach(endpoint -> assertEquals(0, endpoint.sum(Endpoint.Count.SESSIONS), endpoint::toString));
    }

    @Override
    public void close() {
        loops.script.clear();
        loops.stop();
        relays.forEach(RelayContext::close);
        socket.close(loops.kernel);
        loops.close();
        assertIdle();
    }
}
