package dev.sluice.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a proxy starts, drains and stops. */
class LifecycleTest extends RealSockets {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(100);

    @Test
    void drainingNothingIsDoneAtOnce() throws InterruptedException {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).threads(2).start(net)) {
            assertTrue(rig.proxy.drain(LONG));
            assertTrue(rig.proxy.drain(LONG), "again");
            net.assertRefused(rig.address());
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void drainingWaitsForSessionsToEndByThemselves(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).threads(2).start(net)) {
            ProxyRig.Pair one = rig.open();
            ProxyRig.Pair other = rig.open();
            assertNull(rig.proxy.drainLeft());
            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(rig, LONG));
            ProxyRig.await("listeners to close", () -> !net.listens(rig.address()));
            Duration left = Objects.requireNonNull(rig.proxy.drainLeft());
            assertTrue(left.isPositive() && left.compareTo(LONG) <= 0, left::toString);
            for (ProxyRig.Pair pair : new ProxyRig.Pair[] {one, other}) {
                assertFalse(drained.isDone());
                Traffic.run(
                        net,
                        pair.client().sendingAll(200_000),
                        pair.server().receivingAll(),
                        pair.server().sendingAll(100_000),
                        pair.client().receivingAll());
                ProxyRig.assertWhole(pair, 200_000, 100_000);
            }
            assertTrue(drained.join());
            assertEquals(0, rig.awaitEnd().errno());
        }
    }

    private static boolean drain(ProxyRig rig, Duration timeout) {
        try {
            return rig.proxy.drain(timeout);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whatIsLeftAfterTheDrainIsCut(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).threads(2).start(net)) {
            ProxyRig.Pair idle = rig.open();
            ProxyRig.Pair busy = rig.open();
            while (busy.client().write(1 << 20) > 0) {
                // until it is held up
            }
            long before = System.nanoTime();
            assertFalse(drain(rig, SHORT));
            assertTrue(System.nanoTime() - before >= SHORT.toNanos());
            assertEquals(2, rig.snapshot().get(Counter.ACTIVE));
            rig.proxy.close();
            for (int i = 0; i < 2; i++) {
                assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
            }
            for (ProxyRig.Pair pair : new ProxyRig.Pair[] {idle, busy}) {
                for (Conn conn : pair.both()) {
                    Traffic.run(net, conn.receivingAll());
                    assertEquals(Errno.ECONNRESET, conn.broke);
                }
            }
        }
    }

    @Test
    void whoIsStillConnectingIsCutToo() {
        int deaf = net.listen(Net.LOOPBACK, 0);
        net.connect(net.nameOf(deaf));
        try (ProxyRig rig =
                ProxyRig.plan(RelayMode.SPLICE).upstreams(net.nameOf(deaf)).start(net)) {
            for (int i = 0; i < 3; i++) {
                net.tryConnect(net.socket(Sockets.AF_INET), net.nameOf(deaf));
            }
            Conn client = rig.client(Stream.fresh(), Stream.fresh());
            ProxyRig.await("an attempt", () -> rig.script.count(Call.CONNECT) > 0);
            rig.proxy.close();
            assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
            Traffic.run(net, client.receivingAll());
            assertEquals(Errno.ECONNRESET, client.broke);
        }
    }

    /** Clients whom the kernel has told that they are connected are served, drain or not. */
    @Test
    void whoConnectedBeforeTheDrainIsServed() {
        for (int i = 0; i < 20; i++) {
            try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).threads(2).start(net)) {
                Stream up = Stream.fresh();
                Stream down = Stream.fresh();
                Conn client = rig.client(up, down);
                CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(rig, LONG));
                Conn server = rig.server(up, down);
                Traffic.run(
                        net,
                        client.sendingAll(1000),
                        server.receivingAll(),
                        server.sendingAll(1),
                        client.receivingAll());
                ProxyRig.assertWhole(new ProxyRig.Pair(client, server), 1000, 1);
                assertTrue(drained.join());
            }
        }
    }

    @Test
    void closingTwiceAndFromManyThreadsIsClosingOnce() {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).threads(2).start(net)) {
            rig.open();
            CompletableFuture<?>[] closes = new CompletableFuture<?>[4];
            for (int i = 0; i < closes.length; i++) {
                closes[i] = CompletableFuture.runAsync(rig.proxy::close);
            }
            CompletableFuture.allOf(closes).join();
            assertEquals(EndCause.DRAINED, rig.awaitEnd().cause());
            assertTrue(rig.ends.isEmpty());
        }
    }

    @Test
    void aLoopThatCannotStartStopsTheOthers() {
        for (Call call : new Call[] {Call.EPOLL_CREATE, Call.EVENTFD, Call.EPOLL_CTL}) {
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            Script script = new Script();
            script.rule((made, count, fd) -> made == call && count == 2 ? Fault.error(Errno.ENOMEM) : null);
            ProxyStartException refused = assertThrows(
                    ProxyStartException.class,
                    () -> ProxyRig.plan(RelayMode.SPLICE).threads(3).tryStart(net, script));
            String message = assertInstanceOf(String.class, refused.getMessage());
            assertTrue(message.contains("ENOMEM"), message);
            assertNothingLeft(before);
        }
    }

    /** Whatever it is, the caller hears of it, and does not wait for ever for a loop that is not there. */
    @Test
    void nothingThatALoopThrowsAtItsStartIsLost() {
        for (Fault fault : new Fault[] {Fault.bug(), Fault.outOfMemory()}) {
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            Script script = new Script();
            script.once(Call.EPOLL_CREATE, 1, fault);
            ProxyStartException refused = assertThrows(
                    ProxyStartException.class,
                    () -> ProxyRig.plan(RelayMode.SPLICE).threads(2).tryStart(net, script));
            assertTrue(String.valueOf(refused.getMessage()).contains("scripted"), refused::toString);
            assertNothingLeft(before);
        }
    }

    private static void assertNothingLeft(LeakCheck.Descriptors before) {
        ProxyRig.await(
                "loops to end",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("sluice-loop")));
        assertEquals(Map.of(), before.leftOpen());
    }

    /** A listener whose watch fails at first is watched later: a proxy that has started accepts. */
    @Test
    void aListenerThatCannotBeWatchedAtFirstAcceptsLater() {
        Script script = new Script();
        script.rule((call, count, fd) -> call == Call.EPOLL_CTL && count == 2 ? Fault.error(Errno.ENOSPC) : null);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            rig.exchange(1000, 1000);
            assertEquals(1, script.faults());
            assertTrue(rig.warnings.stream().anyMatch(text -> text.contains("ENOSPC")), rig.warnings::toString);
        }
    }
}
