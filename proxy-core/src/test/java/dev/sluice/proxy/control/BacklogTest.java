package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Gate;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever the kernel told that he is connected is served, though his listener goes away before anybody has looked at the backlog. */
class BacklogTest extends RealSockets {
    /** More than every loop takes in a batch. */
    private static final int CLIENTS = 300;

    private static final int FEW = 5;

    private interface Ending {
        void of(ProxyRig rig) throws Exception;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void isServedWhenAListenerGoes(int threads) {
        int origin = net.listen(Net.LOOPBACK, CLIENTS);
        Layout layout = layout(threads, origin);
        allAreServed(layout, origin, rig -> rig.apply(layout.without("goes")));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void isServedWhenTheProxyDrains(int threads) {
        int origin = net.listen(Net.LOOPBACK, CLIENTS);
        allAreServed(layout(threads, origin), origin, rig -> assertTrue(rig.proxy.drain(Duration.ofSeconds(10))));
    }

    private Layout layout(int threads, int origin) {
        return Layout.of(threads)
                .upstream("origin", net.nameOf(origin))
                .listener("stays", Net.LOOPBACK, "origin")
                .listener("goes", Net.LOOPBACK, "origin");
    }

    private void allAreServed(Layout layout, int origin, Ending ending) {
        Gate gate = new Gate();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net, gate.script())) {
            Address goes = rig.address("goes");
            rig.awaitQuiet();
            gate.shut();
            CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> run(ending, rig));
            gate.awaitHeld(1); // with the news in its hand
            List<Conn> clients = new ArrayList<>();
            Set<Address> names = new HashSet<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(rig.client(goes));
                names.add(clients.getLast().name());
            }
            gate.open();
            for (int i = 0; i < CLIENTS; i++) {
                net.close(net.accept(origin)); // which ends the session
            }
            clients.forEach(Conn::close);
            for (int i = 0; i < CLIENTS; i++) {
                assertTrue(names.remove(rig.awaitEnd().session().client()), "one of them, once");
            }
            ended.orTimeout(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS).join();
            assertEquals(0, rig.ends.size());
            net.assertRefused(goes);
        }
    }

    /** The descriptors are all in use: they wait until some are not, as if the listener stayed. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void isServedWhenAListenerGoesWithoutDescriptors(int threads) {
        int origin = net.listen(Net.LOOPBACK, CLIENTS);
        Layout layout = layout(threads, origin);
        areServedLater(layout, origin, rig -> {
            rig.apply(layout.without("goes"));
            assertEquals(1, rig.proxy.listeners().size(), "applied, though some still wait");
            rig.script.clear();
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void isServedWhenTheProxyDrainsWithoutDescriptors(int threads) {
        int origin = net.listen(Net.LOOPBACK, CLIENTS);
        areServedLater(layout(threads, origin), origin, rig -> {
            assertFalse(rig.proxy.drain(Duration.ofMillis(100)), "they count, though nobody has accepted them");
            rig.script.clear();
        });
    }

    @Test
    void whoClosesDoesNotWaitForDescriptors() throws InterruptedException {
        int origin = net.listen(Net.LOOPBACK, CLIENTS);
        try (ProxyRig rig =
                ProxyRig.plan(RelayMode.SPLICE).layout(layout(1, origin)).start(net, new Script())) {
            inShortage(rig);
            assertFalse(rig.proxy.drain(Duration.ZERO));
            long before = System.nanoTime();
            rig.proxy.close();
            assertTrue(System.nanoTime() - before < 5_000_000_000L, "half of what a listener waits");
        }
    }

    private void areServedLater(Layout layout, int origin, Ending ending) {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net, new Script())) {
            Address goes = rig.address("goes");
            List<Conn> clients = inShortage(rig);
            run(ending, rig);
            for (int i = 0; i < FEW; i++) {
                net.close(net.accept(origin)); // which ends the session
            }
            clients.forEach(Conn::close);
            for (int i = 0; i < FEW; i++) {
                rig.awaitEnd();
            }
            ProxyRig.await("the socket to close", () -> !net.listens(goes));
        }
    }

    /** Clients of the listener that goes, and no descriptors for them. */
    private static List<Conn> inShortage(ProxyRig rig) {
        rig.script.always(Call.ACCEPT, Fault.error(Errno.EMFILE));
        List<Conn> clients = new ArrayList<>();
        for (int i = 0; i < FEW; i++) {
            clients.add(rig.client(rig.address("goes")));
        }
        return clients;
    }

    private static void run(Ending ending, ProxyRig rig) {
        try {
            ending.of(rig);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
