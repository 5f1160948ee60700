package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions of one loop: nobody is starved, and who has nothing to do costs nothing. */
class FairnessTest extends RealSockets {
    private static final int ROUNDS = 300;

    /** Fills of one socket between two looks at epoll. */
    private static final int MOST_FILLS = 4;

    /** In the first ones the kernel may still move what is on its way. */
    private static final int WINDOWS = 5;

    /** Counted, not timed: how often one socket is read in a turn is what everybody else waits for. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aBulkFlowDoesNotStarveSmallTalk(RelayMode relay) throws InterruptedException {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            Map<Integer, Integer> fills = new HashMap<>(); // the loop's thread only
            AtomicInteger most = new AtomicInteger();
            script.witness((call, fd, result) -> {
                if (call == Call.EPOLL_WAIT) {
                    fills.clear();
                } else if ((call == Call.SPLICE_IN || call == Call.RECV) && result > 0) {
                    most.accumulateAndGet(fills.merge(fd, 1, Integer::sum), Math::max);
                }
            });
            ProxyRig.Pair bulk = rig.open();
            ProxyRig.Pair talk = rig.open();
            AtomicBoolean done = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread busy = new Thread(() -> pour(bulk, done, failure), "bulk");
            long before = rig.snapshot().get(Counter.BYTES_UP);
            long mark;
            busy.start();
            try {
                ProxyRig.await(
                        "bulk", () -> rig.snapshot().get(Counter.BYTES_UP) - before > 1 << 20 || failure.get() != null);
                mark = rig.snapshot().get(Counter.BYTES_UP);
                for (int i = 1; i <= ROUNDS; i++) {
                    Traffic.run(
                            net, talk.client().sending(i * 128L), talk.server().receiving(i * 128L));
                    Traffic.run(
                            net, talk.server().sending(i * 128L), talk.client().receiving(i * 128L));
                }
            } finally {
                done.set(true); // else it would go on with descriptors that are others' by then
                busy.join();
            }
            long moved = rig.snapshot().get(Counter.BYTES_UP) - mark;
            assertEquals(null, failure.get());
            assertTrue(moved > ROUNDS * 1000L, () -> "bulk stood still: " + moved + " bytes");
            assertTrue(most.get() <= MOST_FILLS, () -> most + " fills of one socket in one turn");
        }
    }

    /** With a kernel of its own, as a thread must have. */
    private static void pour(ProxyRig.Pair bulk, AtomicBoolean done, AtomicReference<Throwable> failure) {
        try (Net mine = new Net()) {
            Stream up = Stream.fresh();
            Conn from = new Conn(mine, bulk.client().fd, up, up);
            Conn to = new Conn(mine, bulk.server().fd, up, up);
            while (!done.get()) {
                from.write(Net.BUFFER);
                to.read(Net.BUFFER);
            }
        } catch (AssertionError | RuntimeException e) {
            failure.set(e);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whoIsHeldUpOrIdleCostsNoTurns(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            ProxyRig.Pair idle = rig.open();
            Traffic.run(net, idle.client().sending(1), idle.server().receiving(1));
            ProxyRig.Pair halfClosed = rig.open();
            Traffic.run(
                    net, halfClosed.client().sendingAll(1), halfClosed.server().receivingAll());
            ProxyRig.Pair up = rig.open();
            ProxyRig.Pair down = rig.open();
            ProxyRig.Pair reset = rig.open();
            ProxyRig.Pair finished = rig.open();
            Conn[] senders = {up.client(), down.server(), reset.client(), finished.server()};
            for (Conn sender : senders) {
                while (sender.write(1 << 20) > 0) {
                    // until nothing more fits
                }
            }
            rig.awaitQuiet();
            for (Conn sender : senders) {
                sender.write(1 << 20); // what the socket has room for since
            }
            finished.server().finish();
            reset.client().reset(); // and nobody reads what it had sent
            rig.awaitQuiet();
            // The kernel of a sender that is held up probes the window 200 ms later (the persist timer, RFC 9293,
            // 3.8.6.1), and the bytes in a probe take the last of the room there is: a turn for each sender, once, in
            // the first window.
            long calls = Long.MAX_VALUE;
            for (int i = 0; i < WINDOWS && calls > 0; i++) {
                long before = rig.script.total();
                ProxyRig.pause(500);
                calls = rig.script.total() - before;
            }
            assertEquals(0, calls, () -> "never at rest: " + rig.script);
            assertEquals(6, rig.snapshot().get(Counter.ACTIVE));
            Traffic.run(net, reset.server().receivingAll(), finished.client().receivingAll());
        }
    }

    /**
     * The last bytes of a message leave at once. Whoever asks splice for more than a pipe holds makes the kernel wait 200 ms for more to
     * come, when the pipe's sixteen slots are full; so messages of any number of pieces, waiting together when the loop comes to them.
     */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void noTailIsHeldBack(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            ProxyRig.Pair pair = rig.open();
            Traffic.run(net, pair.client().sending(1), pair.server().receiving(1));
            for (int pieces = 14; pieces <= 36; pieces++) {
                int times = 0;
                while (times < 2 && isSlow(rig, pair, pieces)) {
                    times++; // twice the same is no accident
                }
                boolean held = times == 2;
                int count = pieces;
                assertFalse(held, () -> count + " pieces of 100 bytes took more than 150 ms");
            }
        }
    }

    private boolean isSlow(ProxyRig rig, ProxyRig.Pair pair, int pieces) {
        rig.awaitQuiet();
        CountDownLatch sent = new CountDownLatch(1);
        rig.script.rule((call, count, fd) -> {
            rig.script.clear();
            return Fault.preceded(() -> ProxyRig.awaitLatch(sent));
        });
        for (int i = 0; i < pieces; i++) {
            assertEquals(100, pair.client().write(100));
        }
        ProxyRig.await("all bytes with the proxy", () -> pair.client().unsent() == 0);
        long before = System.nanoTime();
        sent.countDown();
        Traffic.run(net, pair.server().receiving(pair.client().sent));
        return System.nanoTime() - before > 150_000_000;
    }
}
