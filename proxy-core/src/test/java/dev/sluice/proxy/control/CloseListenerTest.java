package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A listener does not listen while its upstream has nobody, where that is what the upstream wants. */
class CloseListenerTest extends RealSockets {
    private static final HealthConfig QUICK = HealthConfig.of(new HealthCheck.Tcp())
            .withInterval(Duration.ofMillis(20))
            .withTimeout(Duration.ofMillis(500))
            .withRise(1)
            .withFall(1);

    private static final int CLIENTS = 10;

    @TempDir
    Path folder;

    private int origin;
    private Address originAddress = Net.LOOPBACK;
    private Address free = Net.LOOPBACK;
    private Address file = Net.LOOPBACK;
    private Layout layout = Layout.of(2);
    private final Script control = new Script();

    @BeforeEach
    void open() {
        origin = net.listen(Net.LOOPBACK, 1024);
        originAddress = net.nameOf(origin);
        free = Net.unused();
        file = new Address.Unix(folder.resolve("s").toString());
        layout = Layout.of(2).upstream("db", originAddress).change("db", CloseListenerTest::closing);
        layout.listener("tcp", free, "db").listener("unix", file, "db");
    }

    private static UpstreamConfig closing(UpstreamConfig upstream) {
        return upstream.withWhenDown(WhenDown.CLOSE_LISTENER);
    }

    private ProxyRig start() {
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).control(control).start(net);
    }

    private static BoundListener listener(ProxyRig rig, String name) {
        return rig.proxy.listeners().stream()
                .filter(bound -> bound.config().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static boolean listens(ProxyRig rig, String name) {
        return listener(rig, name).listening();
    }

    private void set(ProxyRig rig, AdminState state) {
        rig.proxy.endpoint("db", originAddress, state);
        boolean up = state != AdminState.DOWN && state != AdminState.DRAIN;
        ProxyRig.await("the listeners", () -> listens(rig, "tcp") == up && listens(rig, "unix") == up);
        rig.awaitQuiet();
    }

    private void assertClosed() {
        assertFalse(net.listens(free));
        assertEquals(Errno.ECONNREFUSED, net.connectError(free));
        assertFalse(Files.exists(Path.of(((Address.Unix) file).path())));
    }

    private void assertServes(ProxyRig rig) {
        rig.finish(rig.open("tcp", origin), 1000, 1000);
        rig.awaitEnd();
        rig.finish(rig.open("unix", origin), 1000, 1000);
        rig.awaitEnd();
    }

    @Test
    void closedWhileNobodyIsUpAndOpenAgainAfterwards() {
        try (ProxyRig rig = start()) {
            assertServes(rig);
            ProxyRig.Pair pair = rig.open("tcp", origin);
            for (AdminState state : List.of(AdminState.DOWN, AdminState.DRAIN)) {
                set(rig, state);
                assertClosed();
                assertEquals(free, rig.address("tcp"));
                set(rig, AdminState.NONE);
                assertServes(rig);
            }
            rig.finish(pair, 100_000, 100_000); // sessions are not touched by that
            assertEquals(List.of(), List.copyOf(rig.warnings));
            assertEquals(0, listener(rig, "tcp").failures());
        }
    }

    @Test
    void oneThatIsUpIsEnough() {
        int other = net.listen(Net.LOOPBACK, 64);
        layout.upstream("db", originAddress, net.nameOf(other)).change("db", CloseListenerTest::closing);
        try (ProxyRig rig = start()) {
            rig.proxy.endpoint("db", originAddress, AdminState.DOWN);
            ProxyRig.pause(50);
            rig.finish(rig.open("tcp", other), 1000, 1000);
            rig.awaitEnd();
            rig.proxy.endpoint("db", net.nameOf(other), AdminState.DOWN);
            ProxyRig.await("it to close", () -> !net.listens(free));
        }
    }

    @Test
    void comesAndGoesWithoutALeak() {
        try (ProxyRig rig = start()) {
            set(rig, AdminState.DOWN);
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            for (int i = 0; i < 50; i++) {
                rig.proxy.endpoint("db", originAddress, AdminState.NONE);
                if (i % 2 == 0) {
                    ProxyRig.await("it to open", () -> listens(rig, "tcp"));
                }
                rig.proxy.endpoint("db", originAddress, AdminState.DOWN);
            }
            set(rig, AdminState.DOWN);
            assertClosed();
            assertEquals(Map.of(), before.leftOpen());
            set(rig, AdminState.NONE);
            assertServes(rig);
        }
    }

    @Test
    void bothChecksAndAServerDecide() {
        net.close(origin);
        layout.health("db", HealthPolicy.of(QUICK));
        try (ProxyRig rig = start()) {
            ProxyRig.await("it to close", () -> !net.listens(free));
            origin = net.listen(originAddress, 64);
            ProxyRig.await("it to open", () -> listens(rig, "tcp") && listens(rig, "unix"));
            rig.awaitState(originAddress, "up");
            assertTrue(net.listens(free));
        }
    }

    /** At no moment does anybody listen; but what is bound by somebody else is told. */
    @Test
    void whatStartsDownIsClosedAndItsAddressIsTriedAllTheSame() {
        layout.health(
                "db",
                HealthPolicy.of(QUICK.withStart(HealthConfig.Start.DOWN)
                        .withInterval(Duration.ofHours(1))
                        .withRise(2)));
        try (ProxyRig rig = start()) {
            assertFalse(listens(rig, "tcp"));
            assertClosed();
            assertEquals(2, rig.proxy.listeners().size());
        }
        int taken = net.listen(free, 8);
        ProxyStartException refused = assertThrows(
                ProxyStartException.class,
                () -> ProxyRig.plan(RelayMode.SPLICE).layout(layout).tryStart(net, new Script()));
        assertTrue(String.valueOf(refused.getMessage()).contains("EADDRINUSE"), refused::toString);
        net.close(taken);
    }

    @Test
    void aNameWithoutAnAddress() {
        EndpointAddress name = EndpointAddress.parse("db.test:5432");
        boolean[] known = {false};
        Resolver resolver = endpoint -> {
            if (!endpoint.equals(name)) {
                return Resolver.system(endpoint);
            }
            if (!known[0]) {
                throw new UnknownHostException("scripted");
            }
            return List.of(originAddress);
        };
        layout.upstream(closing(UpstreamConfig.of("db", List.of(name))));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(resolver)
                .start(net)) {
            assertClosed();
            known[0] = true;
            ProxyRig.await("it to open", () -> listens(rig, "tcp"));
            rig.awaitQuiet();
            assertServes(rig);
        }
    }

    /** Who had connected when it closes is dealt with: he is not left in a backlog that is closed. */
    @Test
    void whoIsInTheBacklogIsDealtWith() {
        try (ProxyRig rig = start()) {
            for (int i = 1; i <= 20; i++) {
                List<Integer> clients = new ArrayList<>();
                for (int j = 0; j < CLIENTS; j++) {
                    clients.add(net.connect(j % 2 == 0 ? free : file));
                }
                set(rig, AdminState.DOWN);
                long all = (long) i * CLIENTS;
                ProxyRig.await("all to be taken", () -> rig.snapshot().get(Counter.ACCEPTED) == all);
                clients.forEach(net::close);
                for (int server = net.tryAccept(origin); server >= 0; server = net.tryAccept(origin)) {
                    net.reset(server);
                }
                for (int j = 0; j < CLIENTS; j++) {
                    rig.awaitEnd();
                }
                set(rig, AdminState.NONE);
            }
        }
    }

    @Test
    void aPausedUpstreamHoldsAndListens() throws Exception {
        try (ProxyRig rig = start()) {
            rig.proxy.pause("db");
            rig.proxy.endpoint("db", originAddress, AdminState.DOWN);
            Conn client = rig.client(free);
            ProxyRig.await(
                    "it to be held", () -> rig.proxy.upstreams().getFirst().held() == 1);
            assertTrue(listens(rig, "tcp"));
            rig.proxy.endpoint("db", originAddress, AdminState.NONE);
            rig.proxy.resume("db");
            int server = net.accept(origin);
            client.close();
            net.close(server);
            rig.awaitEnd();
            rig.proxy.endpoint("db", originAddress, AdminState.DOWN);
            ProxyRig.await("it to close", () -> !net.listens(free));
            rig.proxy.pause("db");
            ProxyRig.await("it to open for who is to be held", () -> net.listens(free));
            rig.proxy.resume("db");
            ProxyRig.await("it to close", () -> !net.listens(free));
        }
    }

    @Test
    void anAddressThatSomebodyElseHasMeanwhile() {
        try (ProxyRig rig = start()) {
            set(rig, AdminState.DOWN);
            int taken = net.listen(free, 8);
            rig.proxy.endpoint("db", originAddress, AdminState.NONE);
            ProxyRig.await("the other one to open", () -> listens(rig, "unix"));
            ProxyRig.await("some attempts", () -> listener(rig, "tcp").failures() >= 2);
            assertEquals(1, rig.warnings.size(), rig.warnings::toString);
            String warning = String.valueOf(rig.warnings.peek());
            assertTrue(warning.startsWith("listener tcp: upstream db is up, but cannot listen on " + free), warning);
            rig.apply(layout); // which is no reason to refuse anything
            assertFalse(listens(rig, "tcp"));
            net.close(taken);
            ProxyRig.await("it to open", () -> listens(rig, "tcp"));
            rig.awaitQuiet();
            assertServes(rig);
            assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        }
    }

    @Test
    void whatTheKernelRefusesIsTriedAgain() {
        try (ProxyRig rig = start()) {
            set(rig, AdminState.DOWN);
            for (Call call : List.of(Call.SOCKET, Call.BIND, Call.LISTEN)) {
                LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
                control.once(call, 1, Fault.error(Errno.EMFILE));
                set(rig, AdminState.NONE);
                set(rig, AdminState.DOWN);
                assertEquals(Map.of(), before.leftOpen());
            }
            assertEquals(3, listener(rig, "tcp").failures());
        }
    }

    @Test
    void applyWhileClosed() {
        try (ProxyRig rig = start()) {
            set(rig, AdminState.DOWN);
            rig.apply(layout.copy().threads(2).listener("third", Net.unused(), "db"));
            assertClosed();
            assertFalse(listens(rig, "third"));
            // Removed while it is closed; and it is another's to use.
            rig.apply(layout.copy().without("tcp"));
            int other = net.listen(free, 8);
            assertEquals(1, rig.proxy.listeners().size());
            net.close(other);
            rig.apply(layout);
            assertClosed();
            // Another address listens at once where it is checked against what is closed.
            String refusal = rig.refusal(layout.copy().listener("again", free, "db"));
            assertTrue(refusal.contains("at once"), refusal);
            // With an upstream that refuses, it listens.
            rig.apply(layout.copy().change("db", upstream -> upstream.withWhenDown(WhenDown.REFUSE)));
            assertTrue(net.listens(free));
            assertEquals(EndCause.REFUSED, refusedByTheProxy(rig));
            rig.apply(layout);
            ProxyRig.await("it to close", () -> !net.listens(free));
            // With one that is up, too.
            int there = net.listen(Net.LOOPBACK, 64);
            rig.apply(layout.copy()
                    .upstream("new", net.nameOf(there))
                    .change("new", CloseListenerTest::closing)
                    .listener("tcp", free, "new"));
            assertTrue(net.listens(free));
            rig.finish(rig.open("tcp", there), 1000, 1000);
            assertFalse(listens(rig, "unix"));
        }
    }

    /** It is not another process that is in the way: who had connected waits for descriptors, on the socket before. */
    @Test
    void itsOwnSocketIsStillThere() {
        Script loops = new Script();
        layout.without("unix");
        try (ProxyRig rig =
                ProxyRig.plan(RelayMode.SPLICE).layout(layout).control(control).start(net, loops)) {
            loops.always(Call.ACCEPT, Fault.error(Errno.EMFILE));
            int client = net.connect(free);
            rig.proxy.endpoint("db", originAddress, AdminState.DOWN);
            ProxyRig.await("it to close", () -> !listens(rig, "tcp"));
            rig.proxy.endpoint("db", originAddress, AdminState.NONE);
            ProxyRig.await("some attempts", () -> listener(rig, "tcp").failures() >= 2);
            List<String> told = rig.warnings.stream()
                    .filter(warning -> warning.contains("cannot listen"))
                    .toList();
            assertEquals(
                    List.of("listener tcp: upstream db is up, but cannot listen on " + free
                            + " yet: who had connected to this proxy there before waits for descriptors; it is tried again"
                            + " until it can"),
                    told);
            loops.clear();
            ProxyRig.await("it to open", () -> listens(rig, "tcp"));
            net.close(net.accept(origin));
            net.close(client);
            rig.awaitEnd();
            rig.finish(rig.open("tcp", origin), 1000, 1000);
            rig.awaitEnd();
        }
    }

    @Test
    void whatListensAgainIsTold() {
        layout.without("unix");
        try (ProxyRig rig = start()) {
            rig.proxy.endpoint("db", originAddress, AdminState.DOWN);
            String closed = "listener tcp (" + free + ") is closed until upstream db is up";
            ProxyRig.await("it to close", () -> List.of(closed).equals(List.copyOf(rig.listenerChanges)));
            rig.apply(layout.copy().change("db", upstream -> upstream.withWhenDown(WhenDown.REFUSE)));
            String opened = "listener tcp (" + free + ") listens again: upstream db is not up, but need not be";
            ProxyRig.await("it to open", () -> List.of(closed, opened).equals(List.copyOf(rig.listenerChanges)));
            rig.apply(layout);
            ProxyRig.await(
                    "it to close", () -> List.of(closed, opened, closed).equals(List.copyOf(rig.listenerChanges)));
            rig.proxy.endpoint("db", originAddress, AdminState.NONE);
            ProxyRig.await("it to open", () -> rig.listenerChanges.size() == 4);
            assertEquals(
                    "listener tcp (" + free + ") listens again: upstream db is up",
                    List.copyOf(rig.listenerChanges).getLast());
        }
    }

    private EndCause refusedByTheProxy(ProxyRig rig) {
        Conn client = rig.client(free);
        EndCause cause = rig.awaitEnd().cause();
        client.close();
        return cause;
    }

    @Test
    void drainWhileClosed() throws Exception {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("tcp", origin);
            set(rig, AdminState.DOWN);
            pair.both().forEach(Conn::close);
            assertTrue(rig.proxy.drain(Duration.ofSeconds(5)));
            rig.proxy.endpoint("db", originAddress, AdminState.NONE);
            ProxyRig.pause(100);
            assertClosed();
        }
    }

    /** Only what is told of it may come of a port that is the kernel's to choose. */
    @Test
    void whatCannotBeOpenedAgainIsRefused() {
        for (String bind : List.of("127.0.0.1:0", "fd:web")) {
            IllegalArgumentException wrong = assertThrows(
                    IllegalArgumentException.class,
                    () -> layout.copy()
                            .listener(ListenerConfig.of("x", EndpointAddress.parseListening(bind), "db"))
                            .config());
            assertTrue(
                    String.valueOf(wrong.getMessage()).contains("cannot be closed and opened again"), wrong::toString);
        }
    }
}
