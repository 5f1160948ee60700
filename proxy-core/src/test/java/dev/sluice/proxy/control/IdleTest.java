package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Nobody has been there for some time: when that is told, and who comes at that moment. */
class IdleTest extends RealSockets {
    private static final Duration TIME = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofMillis(Net.PATIENCE_MILLIS);
    private static final long MUCH_LONGER_MILLIS = 400;

    @Test
    void itIsToldAfterTheLastAndNotBeforeTheFirst() {
        AtomicInteger told = new AtomicInteger();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).threads(2).start(net)) {
            rig.proxy.whenIdle(TIME, told::incrementAndGet);
            ProxyRig.pause(MUCH_LONGER_MILLIS);
            assertEquals(0, told.get(), "nobody came yet");
            assertFalse(rig.proxy.stopIfIdle());
            ProxyRig.Pair pair = rig.open();
            rig.exchange(1, 1);
            ProxyRig.pause(MUCH_LONGER_MILLIS);
            assertEquals(0, told.get(), "somebody is there");
            assertFalse(rig.proxy.stopIfIdle());
            rig.finish(pair, 10, 10);
            rig.awaitEnd();
            ProxyRig.await("that it is told", () -> told.get() == 1);
            assertTrue(rig.proxy.stopIfIdle());
            assertTrue(rig.proxy.isDraining());
            assertFalse(rig.proxy.stopIfIdle(), "once");
        }
    }

    @Test
    void whoHasComeSinceItWasToldIsSeen() throws InterruptedException {
        AtomicInteger told = new AtomicInteger();
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.SPLICE)) {
            rig.exchange(1, 1);
            rig.proxy.whenIdle(TIME, told::incrementAndGet);
            ProxyRig.await("that it is told", () -> told.get() == 1);
            ProxyRig.Pair pair = rig.open();
            assertFalse(rig.proxy.stopIfIdle());
            rig.finish(pair, 1000, 1000);
            rig.awaitEnd();
            ProxyRig.await("that it is told again", () -> told.get() == 2);
            assertTrue(rig.proxy.stopIfIdle());
            assertTrue(rig.proxy.drain(PATIENCE));
        }
    }

    /** It has connected, no loop has accepted it, and the end is decided: it is served all the same. */
    @Test
    void whoIsInTheBacklogWhenItIsDecidedIsServed() throws Exception {
        Script script = new Script();
        AtomicInteger told = new AtomicInteger();
        CountDownLatch decided = new CountDownLatch(1);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            rig.exchange(1, 1);
            rig.proxy.whenIdle(TIME, told::incrementAndGet);
            ProxyRig.await("that it is told", () -> told.get() == 1);
            script.rule((call, count, fd) -> {
                if (call == Call.ACCEPT) {
                    ProxyRig.awaitLatch(decided);
                }
                return null;
            });
            Stream up = Stream.fresh();
            Stream down = Stream.fresh();
            Conn client = rig.client(up, down);
            FutureTask<Boolean> stopping = new FutureTask<>(rig.proxy::stopIfIdle);
            Thread thread = new Thread(stopping, "stopping");
            thread.start();
            ProxyRig.await("that control is asked", () -> thread.getState() == Thread.State.WAITING);
            rig.proxy.whenIdle(TIME, told::incrementAndGet); // is behind it
            decided.countDown();
            assertTrue(stopping.get());
            assertFalse(rig.proxy.drain(Duration.ZERO));
            assertNull(rig.proxy.drainLeft(), "who came last has all the time");
            rig.finish(new ProxyRig.Pair(client, rig.server(up, down)), 100_000, 100_000);
            assertTrue(rig.proxy.drain(PATIENCE));
        } finally {
            decided.countDown();
        }
    }

    @Test
    void noTimeIsNever() {
        AtomicInteger told = new AtomicInteger();
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.SPLICE)) {
            rig.proxy.whenIdle(Duration.ofMinutes(1), told::incrementAndGet);
            rig.exchange(1, 1);
            rig.proxy.whenIdle(Duration.ZERO, told::incrementAndGet);
            ProxyRig.pause(MUCH_LONGER_MILLIS);
            assertEquals(0, told.get());
            assertFalse(rig.proxy.stopIfIdle());
            rig.proxy.whenIdle(TIME, told::incrementAndGet);
            ProxyRig.await("that it is told: it counts from the end", () -> told.get() == 1);
        }
    }
}
