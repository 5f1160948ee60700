package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.testkit.EchoClient;
import dev.sluice.proxy.testkit.EchoServer;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** One configuration after the other, while clients connect and transfer without a pause through listeners that stay. */
class ApplyUnderLoadTest extends RealSockets {
    private static final int APPLIES = 25;
    /** So that a machine that is fast does not run out of local ports. */
    private static final int MOST_CONNECTIONS = 3000;

    /** Endpoints of the upstream that all listeners go to, by the place of their server: the first one stays. */
    private static final List<List<Integer>> TURNS =
            List.of(List.of(0), List.of(0, 1), List.of(2, 1, 0), List.of(0, 2), List.of(2, 0));

    private final Map<RelayMode, Address> staying =
            Map.of(RelayMode.SPLICE, Net.unused(), RelayMode.COPY, Net.unused(), RelayMode.AUTO, Net.unused());
    private volatile boolean enough;

    @Test
    void nobodyNoticesButWhoComesNew() throws Exception {
        List<EchoServer> servers = List.of(new EchoServer(0), new EchoServer(1), new EchoServer(2));
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ProxyRig rig =
                ProxyRig.plan(RelayMode.SPLICE).layout(layout(servers, 0)).start(net)) {
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            List<Future<Long>> load = new ArrayList<>();
            for (Address address : staying.values()) {
                load.add(threads.submit(failing(() -> shortOnes(address))));
                load.add(threads.submit(failing(() -> longOne(address))));
            }
            for (int i = 1; i <= APPLIES; i++) {
                rig.apply(layout(servers, i));
                assertGoesBy(rig, i);
            }
            rig.apply(layout(servers, 0));
            enough = true;
            for (Future<Long> one : load) {
                assertTrue(one.get() > 0, "nothing was transferred");
            }

            ProxyRig.await("sessions to end", () -> rig.snapshot().get(Counter.ACTIVE) == 0);
            assertEquals(servers.getFirst().accepted(), stays(rig, servers).connected());
            assertEquals(0, rig.snapshot().get(Counter.CONNECT_FAILURES));
            ProxyRig.await(
                    "removed endpoints to go", () -> rig.proxy.endpoints().size() == 1);
            ProxyRig.await(
                    "their sockets to be closed",
                    () -> sockets(before.openedSince()).isEmpty());
            assertEquals(List.of(), List.copyOf(rig.warnings));
        } finally {
            enough = true;
            servers.forEach(EchoServer::close);
            threads.close();
        }
    }

    /** The i-th configuration: three listeners that stay where they are, and nothing else that stays. */
    private Layout layout(List<EchoServer> servers, int i) {
        Layout layout = Layout.of(2)
                .upstream(
                        "origin",
                        turn(i).stream().map(k -> servers.get(k).address()).toArray(Address[]::new));
        staying.forEach((relay, address) -> {
            Timeouts timeouts = Timeouts.DEFAULTS.withIdle(Duration.ofMinutes(1 + i));
            layout.listener(
                    listener(relay + "-" + i % 4, address).withRelay(relay).withTimeouts(timeouts));
        });
        if (i > 0) {
            layout.listener(listener("extra-" + i / 3, Net.LOOPBACK)); // for three configurations
        }
        return layout;
    }

    private static List<Integer> turn(int i) {
        return TURNS.get(i % TURNS.size());
    }

    private static ListenerConfig listener(String name, Object bind) {
        return ListenerConfig.of(name, EndpointAddress.parse(String.valueOf(bind)), "origin");
    }

    /** New sessions go by the configuration that was applied last, all of its endpoints and no others. */
    private void assertGoesBy(ProxyRig rig, int i) throws IOException {
        List<Address> addresses = new ArrayList<>(staying.values());
        addresses.add(rig.address("extra-" + i / 3));
        for (Address address : addresses) {
            int server = EchoClient.once(address, 100);
            assertTrue(turn(i).contains(server), () -> "server " + server + " is not in " + turn(i));
        }
    }

    private static EndpointSnapshot stays(ProxyRig rig, List<EchoServer> servers) {
        return rig.proxy.endpoints().stream()
                .filter(endpoint -> servers.getFirst().address().equals(endpoint.address()))
                .findFirst()
                .orElseThrow();
    }

    private static Map<Integer, String> sockets(Map<Integer, String> descriptors) {
        return descriptors.entrySet().stream()
                .filter(entry -> entry.getValue().startsWith("socket:"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** A failure ends the rest of the load too: it is told when the load is asked for. */
    private Callable<Long> failing(Callable<Long> load) {
        return () -> {
            try {
                return load.call();
            } catch (IOException | AssertionError e) {
                enough = true;
                throw e;
            }
        };
    }

    private long shortOnes(Address address) throws IOException {
        long count = 0;
        while (!enough && count < MOST_CONNECTIONS) {
            EchoClient.once(address, (int) (count * 977 % 30_000) + 1);
            count++;
        }
        return count;
    }

    private long longOne(Address address) throws IOException {
        long count = 0;
        try (EchoClient client = new EchoClient(address, 50_000)) {
            while (!enough) {
                client.exchange();
                count++;
            }
            client.finish();
        }
        return count;
    }
}
