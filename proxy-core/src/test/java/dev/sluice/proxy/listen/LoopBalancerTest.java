package dev.sluice.proxy.listen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions over loops: even, and each on one loop for life. */
class LoopBalancerTest extends RealSockets {
    private static final int SESSIONS = 20;

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void fewSessionsAreSpreadAsEvenlyAsMany(int threads) {
        Script script = new Script();
        Map<Integer, Set<String>> threadsOf = new ConcurrentHashMap<>();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).threads(threads).start(net, script)) {
            // Not before: a loop tries splice out when it starts.
            script.witness((call, fd, result) -> {
                if (call == Call.SPLICE_IN || call == Call.SPLICE_OUT) {
                    threadsOf
                            .computeIfAbsent(fd, key -> ConcurrentHashMap.newKeySet())
                            .add(Thread.currentThread().getName());
                }
            });
            List<ProxyRig.Pair> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                sessions.add(rig.open());
            }
            for (int round = 1; round <= 3; round++) {
                for (ProxyRig.Pair pair : sessions) {
                    long total = round * 1000L;
                    Traffic.run(net, pair.client().sending(total), pair.server().receiving(total));
                    Traffic.run(net, pair.server().sending(total), pair.client().receiving(total));
                }
            }
            assertEquals(2 * SESSIONS, threadsOf.size());
            Map<String, Integer> sockets = new ConcurrentHashMap<>();
            threadsOf.forEach((fd, names) -> {
                assertEquals(1, names.size(), "one loop for life");
                names.forEach(name -> sockets.merge(name, 1, Integer::sum));
            });
            assertEquals(threads, sockets.size(), sockets::toString);
            assertEquals(Set.of(2 * SESSIONS / threads), new HashSet<>(sockets.values()), sockets::toString);
        }
    }

    @Test
    void theLoopOnACpuUnlessItHasDied() {
        List<AtomicInteger> loads = List.of(new AtomicInteger(), new AtomicInteger());
        assertFalse(new LoopBalancer(loads, List.of()).isPinned());
        LoopBalancer balancer = new LoopBalancer(loads, List.of(3, 1));
        assertTrue(balancer.isPinned());
        for (int own = 0; own < 2; own++) {
            assertEquals(own, chosen(balancer, own, 2), "nobody runs there");
            assertEquals(own, chosen(balancer, own, -1), "it has not told");
            assertEquals(0, chosen(balancer, own, 3));
            assertEquals(1, chosen(balancer, own, 1));
        }
        assertEquals(1, balancer.chooseNear(0, 1));
        assertEquals(1, balancer.chooseNear(0, 1), "one more is not much");
        assertEquals(0, balancer.chooseNear(0, 1), "two are");
        assertEquals(1, balancer.chooseNear(0, 1));
        assertEquals(0, balancer.chooseNear(0, 1));
        assertEquals(5, balancer.total());
        balancer.exclude(1);
        assertEquals(0, balancer.chooseNear(0, 1), "it has died");
        assertEquals(0, balancer.chooseNear(0, 1));
    }

    private static int chosen(LoopBalancer balancer, int own, int cpu) {
        int loop = balancer.chooseNear(own, cpu);
        balancer.release(loop);
        return loop;
    }

    /** Who has lost sessions gets the next ones. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void newSessionsGoWhereThereAreFewest(int threads) {
        Script script = new Script();
        Map<Integer, String> threadOf = new ConcurrentHashMap<>();
        script.witness((call, fd, result) -> {
            if (call == Call.CONNECT) {
                threadOf.put(fd, Thread.currentThread().getName());
            }
        });
        try (ProxyRig rig = ProxyRig.plan(RelayMode.COPY).threads(threads).start(net, script)) {
            for (int round = 0; round < 5; round++) {
                List<ProxyRig.Pair> sessions = new ArrayList<>();
                for (int i = 0; i < SESSIONS; i++) {
                    sessions.add(rig.open());
                }
                // The server's side is there before the proxy's call has returned.
                ProxyRig.await("every session has its loop", () -> threadOf.size() == SESSIONS);
                Map<String, Integer> loads = new ConcurrentHashMap<>();
                threadOf.values().forEach(name -> loads.merge(name, 1, Integer::sum));
                assertTrue(loads.values().stream().allMatch(load -> load == SESSIONS / threads), loads::toString);
                threadOf.clear();
                for (ProxyRig.Pair pair : sessions) {
                    pair.both().forEach(Conn::close);
                    rig.awaitEnd();
                }
            }
        }
    }
}
