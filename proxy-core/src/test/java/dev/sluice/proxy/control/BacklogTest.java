package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Gate;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever the kernel told that he is connected is served, though his listener goes away before anybody has looked at the backlog. */
class BacklogTest extends RealSockets {
    /** More than every loop takes in a batch. */
    private static final int CLIENTS = 300;

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
                assertTrue(names.remove(rig.awaitEnd().client()), "one of them, once");
            }
            ended.orTimeout(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS).join();
            assertEquals(0, rig.ends.size());
            net.assertRefused(goes);
        }
    }

    private static void run(Ending ending, ProxyRig rig) {
        try {
            ending.of(rig);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
