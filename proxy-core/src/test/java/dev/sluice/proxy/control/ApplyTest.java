package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Gate;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From one configuration to the next, step by step: what changes, what stays, and what goes on as it began. */
class ApplyTest extends RealSockets {
    private static final Duration SOON = Duration.ofMillis(150);

    private int one;
    private int other;
    private Address oneAddress = Net.LOOPBACK;
    private Address otherAddress = Net.LOOPBACK;
    private Layout layout = Layout.of(1);

    @BeforeEach
    void open() {
        one = net.listen(Net.LOOPBACK, 64);
        other = net.listen(Net.LOOPBACK, 64);
        oneAddress = net.nameOf(one);
        otherAddress = net.nameOf(other);
        layout = Layout.of(2).upstream("origin", oneAddress).listener("a", Net.LOOPBACK, "origin");
    }

    private ProxyRig start() {
        return start(new Script());
    }

    private ProxyRig start(Script script) {
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net, script);
    }

    private static ListenerConfig idle(String name, Duration timeout) {
        return ListenerConfig.of(name, EndpointAddress.parse(Net.LOOPBACK.toString()), "origin")
                .withTimeouts(Timeouts.DEFAULTS.withIdle(timeout));
    }

    private static EndpointSnapshot endpoint(ProxyRig rig, Address address) {
        List<EndpointSnapshot> found = rig.proxy.endpoints().stream()
                .filter(endpoint -> address.equals(endpoint.address()))
                .toList();
        assertEquals(1, found.size(), () -> rig.proxy.endpoints().toString());
        return found.getFirst();
    }

    private static boolean shows(ProxyRig rig, Address address) {
        return rig.proxy.endpoints().stream().anyMatch(endpoint -> address.equals(endpoint.address()));
    }

    @Test
    void theSameAgainChangesNothing() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("a", one);
            List<BoundListener> before = rig.proxy.listeners();
            rig.apply(layout);
            assertEquals(before, rig.proxy.listeners());
            rig.finish(rig.open("a", one), 1000, 1000);
            rig.finish(pair, 1000, 1000);
            assertEquals(2, endpoint(rig, oneAddress).connected());
        }
    }

    @Test
    void newSessionsGoToTheNewUpstreamAndOldOnesStay() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair before = rig.open("a", one);
            rig.apply(layout.upstream("origin", otherAddress));
            for (int i = 0; i < 4; i++) {
                rig.finish(rig.open("a", other), 1000, 1000);
            }
            rig.finish(before, 200_000, 200_000);
        }
    }

    @Test
    void sessionsKeepTheTimeoutThatTheyBeganWith() {
        layout.listener(idle("a", Duration.ZERO)).listener(idle("b", SOON));
        try (ProxyRig rig = start()) {
            ProxyRig.Pair patient = rig.open("a", one);
            ProxyRig.Pair hasty = rig.open("b", one);
            rig.apply(layout.listener(idle("a", SOON)).listener(idle("b", Duration.ZERO)));
            ProxyRig.Pair nowHasty = rig.open("a", one);
            ProxyRig.Pair nowPatient = rig.open("b", one);
            for (int i = 0; i < 2; i++) {
                SessionEnd end = rig.awaitEnd();
                assertEquals(EndCause.IDLE_TIMEOUT, end.cause());
                assertTrue(
                        List.of(hasty.client().name(), nowHasty.client().name())
                                .contains(end.session().client()),
                        end::toString);
            }
            rig.finish(patient, 1000, 1000);
            rig.finish(nowPatient, 1000, 1000);
        }
    }

    @Test
    void newSessionsGoByTheNewRelay() {
        layout.listener(idle("a", Duration.ZERO).withRelay(RelayMode.COPY));
        try (ProxyRig rig = start()) {
            ProxyRig.Pair copied = rig.open("a", one);
            rig.apply(layout.listener(idle("a", Duration.ZERO).withRelay(RelayMode.SPLICE)));
            rig.finish(copied, 100_000, 0);
            assertEquals(0, rig.awaitEnd().session().bytesSpliced());
            rig.finish(rig.open("a", one), 100_000, 0);
            assertEquals(100_000, rig.awaitEnd().session().bytesSpliced());
        }
    }

    /** Accepted sockets inherit from the listening one, which stays: so it is that which must change. */
    @Test
    void newClientsHaveTheNewOptions() {
        try (ProxyRig rig = start()) {
            assertEquals(1, listening(rig, Sockets.SO_KEEPALIVE));
            TcpSettings.Keepalive off = new TcpSettings.Keepalive(Duration.ZERO, Duration.ofSeconds(10), 5);
            rig.apply(layout.listener(idle("a", Duration.ZERO).withTcp(TcpSettings.DEFAULTS.withKeepalive(off))));
            assertEquals(0, listening(rig, Sockets.SO_KEEPALIVE));
            rig.apply(layout.listener(idle("a", Duration.ZERO)));
            assertEquals(1, listening(rig, Sockets.SO_KEEPALIVE));
        }
    }

    /** An option of the socket that listens, which is in this process. */
    private int listening(ProxyRig rig, int option) {
        for (int fd = 3; fd < 200; fd++) {
            if (net.kernel.getsockopt(fd, Sockets.SOL_SOCKET, 30 /* SO_ACCEPTCONN */) == 1
                    && net.nameOf(fd).equals(rig.address("a"))) {
                return net.kernel.getsockopt(fd, Sockets.SOL_SOCKET, option);
            }
        }
        throw new AssertionError("nobody listens");
    }

    @Test
    void listenersComeAndGo() {
        try (ProxyRig rig = start()) {
            Address a = rig.address("a");
            rig.apply(layout.listener("b", Net.LOOPBACK, "origin"));
            Address b = rig.address("b");
            assertEquals(a, rig.address("a"));
            rig.finish(rig.open("b", one), 1000, 1000);
            ProxyRig.Pair pair = rig.open("a", one);
            rig.apply(layout.without("a"));
            net.assertRefused(a);
            assertEquals(b, rig.address("b"));
            rig.finish(rig.open("b", one), 1000, 1000);
            rig.finish(pair, 1000, 1000);
            rig.apply(layout.listener("a", a, "origin"));
            rig.finish(rig.open("a", one), 1000, 1000);
        }
    }

    /** A port is the identity of a listener, and its name only what it is called: with one exception. */
    @Test
    void renamedListenersKeepTheirPorts() {
        Address port = Net.unused();
        layout.listener("a", port, "origin").listener("any", Net.LOOPBACK, "origin");
        try (ProxyRig rig = start()) {
            Address any = rig.address("any");
            rig.apply(layout.without("a").listener("b", port, "origin"));
            rig.finish(rig.open("b", one), 1000, 1000);
            assertEquals("b", rig.awaitEnd().session().listener());
            assertEquals(any, rig.address("any"), "the name has a port of the kernel's choice");
            rig.apply(layout.without("any").listener("other", Net.LOOPBACK, "origin"));
            assertNotEquals(any, rig.address("other"), "another name has another");
            net.assertRefused(any);
        }
    }

    @Test
    void listenersMayChangePlaces() {
        Address left = Net.unused();
        Address right = Net.unused();
        layout.upstream("right", otherAddress).listener("l", left, "origin").listener("r", right, "right");
        try (ProxyRig rig = start()) {
            rig.finish(rig.open("l", one), 1000, 1000);
            assertEquals("l", rig.awaitEnd().session().listener());
            rig.apply(layout.listener("l", right, "origin").listener("r", left, "right"));
            for (int i = 0; i < 3; i++) {
                rig.finish(rig.open("l", one), 1000, 1000);
                assertEquals("l", rig.awaitEnd().session().listener());
                rig.finish(rig.open("r", other), 1000, 1000);
                assertEquals("r", rig.awaitEnd().session().listener());
            }
        }
    }

    @Test
    void endpointsThatStayGoOnCounting() {
        layout.upstream("origin", oneAddress, Net.unused());
        try (ProxyRig rig = start()) {
            for (int i = 0; i < 4; i++) {
                rig.finish(rig.open("a", one), 1000, 1000);
            }
            ProxyRig.Pair pair = rig.open("a", one);
            rig.apply(layout.upstream("origin", otherAddress, oneAddress));
            EndpointSnapshot stays = endpoint(rig, oneAddress);
            assertEquals(5, stays.connected());
            assertEquals(1, stays.sessions());
            assertEquals(2, rig.snapshot().get(Counter.CONNECT_FAILURES));
            // And the turns go on where they were.
            for (int i = 0; i < 2; i++) {
                rig.finish(rig.open("a", one), 1000, 1000);
                rig.finish(rig.open("a", other), 1000, 1000);
            }
            rig.finish(pair, 1000, 1000);
            assertEquals(7, endpoint(rig, oneAddress).connected());
            assertEquals(2, endpoint(rig, otherAddress).connected());
        }
    }

    @Test
    void anEndpointThatWasRemovedIsShownUntilItsLastSessionEnds() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair first = rig.open("a", one);
            ProxyRig.Pair last = rig.open("a", one);
            rig.apply(layout.upstream("origin", otherAddress));
            assertEquals(2, endpoint(rig, oneAddress).sessions());
            rig.finish(first, 1000, 1000);
            rig.awaitEnd();
            assertEquals(1, endpoint(rig, oneAddress).sessions());
            rig.apply(layout.upstream("origin", otherAddress)); // which looks again
            assertEquals(1, endpoint(rig, oneAddress).sessions());
            rig.finish(last, 1000, 1000);
            ProxyRig.await("the endpoint to go", () -> !shows(rig, oneAddress));
            assertTrue(shows(rig, otherAddress));
            // Whoever comes again after that is somebody new.
            rig.apply(layout.upstream("origin", oneAddress));
            assertEquals(0, endpoint(rig, oneAddress).connected());
        }
    }

    /** One that comes back before is the same. */
    @Test
    void anEndpointThatComesBackIsTheSame() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("a", one);
            rig.apply(layout.upstream("origin", otherAddress));
            rig.apply(layout.upstream("origin", oneAddress));
            EndpointSnapshot back = endpoint(rig, oneAddress);
            assertEquals(1, back.sessions());
            assertEquals(1, back.connected());
            rig.finish(pair, 1000, 1000);
        }
    }

    /** The same address in two upstreams is two endpoints, and to rename an upstream is to make another. */
    @Test
    void anEndpointBelongsToItsUpstream() {
        layout.upstream("second", oneAddress).listener("b", Net.LOOPBACK, "second");
        try (ProxyRig rig = start()) {
            rig.finish(rig.open("a", one), 1000, 1000);
            rig.finish(rig.open("b", one), 1000, 1000);
            rig.finish(rig.open("b", one), 1000, 1000);
            assertEquals(
                    List.of("origin 1", "second 2"),
                    rig.proxy.endpoints().stream()
                            .map(endpoint -> endpoint.upstream() + " " + endpoint.connected())
                            .toList());
        }
    }

    /** By control, and before the backlog is worked off: the sessions of a loop do not wait for a disk, and nobody comes any more. */
    @Test
    void theFileOfARemovedListenerIsGoneBeforeALoopHearsOfIt(@TempDir Path folder) {
        Gate gate = new Gate();
        Path file = folder.resolve("s");
        layout.threads(1).listener("unix", new Address.Unix(file.toString()), "origin");
        try (ProxyRig rig = start(gate.script())) {
            rig.awaitQuiet();
            gate.shut();
            var client = rig.client(rig.address("a"));
            gate.awaitHeld(1);
            CompletableFuture<Void> applied = CompletableFuture.runAsync(() -> rig.apply(layout.without("unix")));
            ProxyRig.await("the file to go", () -> !Files.exists(file));
            assertFalse(applied.isDone());
            gate.open();
            applied.join();
            net.accept(one);
            client.close();
        }
    }

    /** What a loop accepts before it has read of the new configuration goes where it went before, and is counted there. */
    @Test
    void aSessionThatTheOldRouteBeginsLateIsShown() {
        Gate gate = new Gate();
        layout.threads(1);
        try (ProxyRig rig = start(gate.script())) {
            rig.awaitQuiet();
            gate.shut();
            var client = rig.client(rig.address("a"));
            gate.awaitHeld(1); // with the client in its hand
            CompletableFuture<Void> applied =
                    CompletableFuture.runAsync(() -> rig.apply(layout.upstream("origin", otherAddress)));
            ProxyRig.await("control to get as far as it can", () -> shows(rig, otherAddress));
            gate.open();
            applied.join();
            net.accept(one);
            ProxyRig.await("the session", () -> rig.snapshot().get(Counter.ACTIVE) == 1);
            assertEquals(1, endpoint(rig, oneAddress).sessions());
            // For as long as it lasts, however often anybody looks.
            rig.apply(layout);
            assertEquals(1, endpoint(rig, oneAddress).sessions());
            client.close();
        }
    }

    /** A connection that is on its way may come to any endpoint of its upstream, though the one that it is trying was removed with it. */
    @Test
    void aSessionThatComesToARemovedEndpointLateIsShown() {
        Address deaf = net.nameOf(net.listen(Net.LOOPBACK, 0));
        net.connect(deaf); // one more than the backlog says is let in
        for (int i = 0; i < 3; i++) {
            net.tryConnect(net.socket(Sockets.AF_INET), deaf);
        }
        layout.upstream("origin", deaf, oneAddress)
                .listener(idle("a", Duration.ZERO).withTimeouts(Timeouts.DEFAULTS.withConnect(Duration.ofSeconds(1))));
        try (ProxyRig rig = start()) {
            var client = rig.client(rig.address("a"));
            ProxyRig.await("an attempt", () -> endpoint(rig, deaf).sessions() == 1);
            rig.apply(layout.upstream("origin", otherAddress));
            int server = net.accept(one);
            assertEquals(1, endpoint(rig, oneAddress).sessions());
            client.close();
            net.close(server);
            ProxyRig.await("both to go", () -> !shows(rig, oneAddress) && !shows(rig, deaf));
        }
    }

    @Test
    void appliesFromManyThreadsComeOneAfterTheOther() {
        layout.listener("a", Net.unused(), "origin");
        try (ProxyRig rig = start()) {
            CompletableFuture<?>[] applies = new CompletableFuture<?>[8];
            for (int i = 0; i < applies.length; i++) {
                Layout next = layout.copy().listener("l" + i, Net.LOOPBACK, "origin");
                applies[i] = CompletableFuture.runAsync(() -> rig.apply(next));
            }
            CompletableFuture.allOf(applies).join();
            assertEquals(2, rig.proxy.listeners().size());
            rig.finish(rig.open("a", one), 1000, 1000);
            String last = rig.proxy.listeners().getLast().config().name();
            rig.finish(rig.open(last, one), 1000, 1000);
        }
    }
}
