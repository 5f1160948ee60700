package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** A running proxy goes by what the configuration says of its endpoints. */
class BalanceTest extends RealSockets {
    private static final int LOOPS = 2;

    private final List<EndpointConfig> endpoints = new ArrayList<>();

    /** A server that takes connections; nobody has to accept them. */
    private EndpointConfig server(int weight) {
        return endpoint(net.nameOf(net.listen(Net.LOOPBACK, 256))).withWeight(weight);
    }

    private static EndpointConfig endpoint(Address address) {
        return EndpointConfig.of(EndpointAddress.parse(address.toString()));
    }

    private Layout layout(Balance policy) {
        return Layout.of(LOOPS)
                .listener("l", Net.LOOPBACK, "u")
                .upstream(UpstreamConfig.of("u", List.of(endpoints.getFirst().source()))
                        .withEndpoints(endpoints)
                        .withBalance(policy));
    }

    /** The same, where nobody waits long for room. */
    private Layout impatient() {
        return layout(Balance.ROUND_ROBIN)
                .listener(ListenerConfig.of("l", EndpointAddress.parse("127.0.0.1:0"), "u")
                        .withTimeouts(Timeouts.DEFAULTS.withConnectDeadline(Duration.ofMillis(500))));
    }

    private ProxyRig start(Layout layout) {
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net);
    }

    private ProxyRig start(Balance policy, int... weights) {
        for (int weight : weights) {
            endpoints.add(server(weight));
        }
        return start(layout(policy));
    }

    /** Of each endpoint, in the order of the configuration. */
    private List<Long> of(ProxyRig rig, ToLongFunction<EndpointSnapshot> what) {
        return endpoints.stream()
                .map(endpoint -> rig.proxy.endpoints().stream()
                        .filter(shown -> shown.name().equals(endpoint.source().toString()))
                        .mapToLong(what)
                        .findFirst()
                        .orElseThrow())
                .toList();
    }

    private List<Long> sessions(ProxyRig rig) {
        return of(rig, EndpointSnapshot::sessions);
    }

    private static long sum(List<Long> of) {
        return of.stream().mapToLong(Long::longValue).sum();
    }

    /** A session that stays: who has got it. */
    private int open(ProxyRig rig, List<Integer> clients) {
        return open(rig, clients, Net.LOOPBACK);
    }

    private int open(ProxyRig rig, List<Integer> clients, Address from) {
        List<Long> before = of(rig, EndpointSnapshot::connected);
        int client = net.socket(Sockets.AF_INET);
        net.bind(client, from);
        net.tryConnect(client, rig.address("l"));
        clients.add(client);
        ProxyRig.await("the connection", () -> sum(of(rig, EndpointSnapshot::connected)) > sum(before));
        List<Long> after = of(rig, EndpointSnapshot::connected);
        for (int i = 0; i < after.size(); i++) {
            if (after.get(i) > before.get(i)) {
                return i;
            }
        }
        throw new AssertionError(after);
    }

    /** The session of this client ends. */
    private void end(ProxyRig rig, int client) {
        net.reset(client);
        rig.awaitEnd();
    }

    @Test
    void roundRobinByWeight() {
        try (ProxyRig rig = start(Balance.ROUND_ROBIN, 3, 1, 2)) {
            List<Integer> clients = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                open(rig, clients);
            }
            assertEquals(List.of(6L, 2L, 4L), sessions(rig));
        }
    }

    @Test
    void leastSessionsFollowsWhatEnds() {
        try (ProxyRig rig = start(Balance.LEAST_SESSIONS, 1, 1, 2)) {
            List<Integer> clients = new ArrayList<>();
            List<Integer> ofSecond = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                if (open(rig, clients) == 1) {
                    ofSecond.add(clients.getLast());
                }
            }
            assertEquals(List.of(4L, 4L, 8L), sessions(rig));
            ofSecond.forEach(client -> end(rig, client));
            for (int i = 0; i < 4; i++) {
                assertEquals(1, open(rig, clients));
            }
        }
    }

    @Test
    void randomTwoIsAlmostEven() {
        try (ProxyRig rig = start(Balance.RANDOM_TWO, 1, 1, 1, 1)) {
            List<Integer> clients = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                open(rig, clients);
            }
            // By a mere draw, one of four would be off by more than this in one run of three.
            sessions(rig)
                    .forEach(count ->
                            assertEquals(15, count, 5, () -> sessions(rig).toString()));
        }
    }

    @Test
    void sourceHashKeepsAClient() {
        List<Integer> clients = new ArrayList<>();
        List<Integer> chosen = new ArrayList<>();
        try (ProxyRig rig = start(Balance.SOURCE_HASH, 1, 1, 1)) {
            for (int i = 0; i < 30; i++) {
                chosen.add(open(rig, clients, new Address.V4(0x7f000001 + i, 0)));
            }
            assertEquals(3, chosen.stream().distinct().count(), chosen::toString);
            for (int i = 0; i < 30; i++) {
                assertEquals(chosen.get(i), open(rig, clients, new Address.V4(0x7f000001 + i, 0)));
            }
        }
        endpoints.add(0, endpoints.removeLast()); // another process, with the same in another order
        try (ProxyRig rig = start(layout(Balance.SOURCE_HASH))) {
            for (int i = 0; i < 30; i++) {
                assertEquals((chosen.get(i) + 1) % 3, open(rig, clients, new Address.V4(0x7f000001 + i, 0)));
            }
        }
    }

    @Test
    void noEndpointHasMoreThanItsMaxSessions() {
        endpoints.add(server(1).withMaxSessions(2));
        endpoints.add(server(5).withMaxSessions(3));
        try (ProxyRig rig = start(impatient())) {
            List<Integer> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                open(rig, clients);
            }
            assertEquals(List.of(2L, 3L), sessions(rig));
            for (int i = 0; i < 4; i++) {
                net.connect(rig.address("l"));
                assertEquals(EndCause.LIMIT, rig.awaitEnd().cause(), "and nobody was tried");
            }
            assertEquals(List.of(2L, 3L), sessions(rig));
            for (int i = 0; i < 20; i++) {
                end(rig, clients.removeFirst());
                open(rig, clients);
                assertEquals(List.of(2L, 3L), sessions(rig));
            }
            assertEquals(0, rig.snapshot().get(Counter.CONNECT_FAILURES));
        }
    }

    /** An attempt that fails gives its place back, however often. */
    @Test
    void attemptsThatFailKeepNoPlace() {
        endpoints.add(endpoint(net.refusing()).withMaxSessions(1));
        endpoints.add(server(1));
        try (ProxyRig rig = start(layout(Balance.ROUND_ROBIN))) {
            List<Integer> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                assertEquals(1, open(rig, clients));
            }
            assertEquals(10, rig.snapshot().get(Counter.CONNECT_FAILURES));
        }
    }

    @Test
    void aLimitComesAndGoesWithTheConfiguration() {
        endpoints.add(server(1));
        try (ProxyRig rig = start(impatient())) {
            List<Integer> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                open(rig, clients);
            }
            endpoints.set(0, endpoints.getFirst().withMaxSessions(2));
            rig.apply(impatient());
            for (int i = 0; i < 2; i++) {
                net.connect(rig.address("l"));
                assertEquals(EndCause.LIMIT, rig.awaitEnd().cause());
                end(rig, clients.removeFirst());
            }
            open(rig, clients); // claims its place, beside one that never did
            net.connect(rig.address("l"));
            assertEquals(EndCause.LIMIT, rig.awaitEnd().cause());
            endpoints.set(0, endpoints.getFirst().withMaxSessions(0));
            rig.apply(impatient());
            for (int i = 0; i < 5; i++) {
                open(rig, clients);
            }
            clients.forEach(client -> end(rig, client));
            assertEquals(List.of(0L), sessions(rig));
        }
    }

    @Test
    void triesNoMoreThanTheRetriesSay() {
        for (int retries = 0; retries < 4; retries++) {
            endpoints.clear();
            for (int i = 0; i < 5; i++) {
                endpoints.add(endpoint(net.refusing()));
            }
            int most = retries;
            try (ProxyRig rig = start(layout(Balance.RANDOM_TWO).change("u", config -> config.withRetries(most)))) {
                net.connect(rig.address("l"));
                assertEquals(EndCause.CONNECT_FAILED, rig.awaitEnd().cause());
                assertEquals(1 + retries, rig.snapshot().get(Counter.CONNECT_FAILURES));
            }
        }
    }

    @Test
    void aBackupIsForWhenNobodyElseAnswers() {
        endpoints.add(server(1).withBackup(true));
        endpoints.add(server(1).withMaxSessions(1));
        try (ProxyRig rig = start(layout(Balance.LEAST_SESSIONS))) {
            List<Integer> clients = new ArrayList<>();
            assertEquals(1, open(rig, clients));
            assertEquals(0, open(rig, clients), "the other one is full");
            end(rig, clients.removeFirst());
            assertEquals(1, open(rig, clients));
        }
        endpoints.set(1, endpoint(net.refusing()));
        try (ProxyRig rig = start(layout(Balance.ROUND_ROBIN))) {
            for (int i = 1; i <= 3; i++) {
                assertEquals(0, open(rig, new ArrayList<>()));
                assertEquals(i, rig.snapshot().get(Counter.CONNECT_FAILURES), "it is tried first");
            }
        }
    }

    /** A name is one endpoint, whatever it stands for: it has the turns of one, and its clients go by the name. */
    @Test
    void aNameIsOneEndpoint() {
        Address one = net.refusing();
        EndpointConfig real = server(1);
        EndpointConfig other = server(1);
        endpoints.add(other);
        Layout layout = Layout.of(LOOPS)
                .listener("l", Net.LOOPBACK, "u")
                .upstream("u", List.of(EndpointAddress.parse("name:1"), (EndpointAddress) other.source()))
                .change("u", config -> config.withRetries(0));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(asked -> asked.toString().equals("name:1")
                        ? List.of(one, Address.parse(real.source().toString()))
                        : List.of(Objects.requireNonNull(Address.parse(asked.toString()))))
                .start(net)) {
            for (int i = 0; i < 6; i++) {
                net.connect(rig.address("l"));
            }
            ProxyRig.await(
                    "all sessions",
                    () -> rig.proxy.endpoints().stream()
                                    .mapToLong(EndpointSnapshot::connected)
                                    .sum()
                            == 6);
            assertEquals(List.of(3L), sessions(rig));
            assertEquals(3, rig.snapshot().get(Counter.CONNECT_FAILURES), "of the name's first address");
            assertTrue(rig.ends.isEmpty(), "and that was no reason to give up, without any retry");
        }
    }
}
