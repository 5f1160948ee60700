package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.Direction;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.RigPerRelay;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.SluiceRig.Link;
import dev.sluice.tests.testkit.Wire;
import dev.sluice.tests.testkit.Wire.End;
import dev.sluice.tests.testkit.Workers;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Receivers that are slow or stop, until every buffer and pipe on the way is full; and then go on. Pipes are small, so that they
 * fill up. What is held up in one direction or session does not hold up another.
 */
@Relays
@Timeout(60)
class BackpressureTest {
    private static final long MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** More than fits into all buffers on the way. */
    private static final long MUCH = 64 * MIB;

    @RegisterExtension
    static final RigPerRelay RIGS = RigPerRelay.with("--pipe-size", "64KiB");

    private final SluiceRig rig;
    private final Random random;

    BackpressureTest(Relay relay) {
        rig = RIGS.of(relay);
        random = Chance.of("BackpressureTest " + relay);
    }

    /** A segment with one byte takes a slot of a pipe as a full one does, so a pipe may be full of next to nothing. */
    @ParameterizedTest
    @EnumSource
    void singleBytesBehindAReceiverThatStopped(Direction direction) throws Exception {
        int singles = 20_000;
        try (Link link = rig.openWithLittleBuffers()) {
            Wire from = direction.from(link);
            Wire to = direction.to(link);
            from.channel().setOption(StandardSocketOptions.TCP_NODELAY, true);
            long held;
            do {
                from.send(60 << 10);
                Workers.untilAcknowledged(from);
                held = from.proxysQueues().unread()
                        + to.proxysQueues().unacknowledged()
                        + to.queues().unread();
            } while (held >= from.sent());
            // What no socket holds is in the relay: its sink is full.
            Future<?> sending = rig.workers.run(() -> {
                from.send(singles, () -> 1);
                from.finish();
            });
            Workers.untilStalled(sending, from);
            assertEquals(End.EOF, to.receiveAll());
            assertEquals(from.sent(), to.received());
            Workers.await(sending, PATIENCE);
        }
    }

    /** One byte there, one byte back: nothing waits for company. */
    @Test
    void singleBytesToAndFro() throws Exception {
        int turns = 500;
        try (Link link = rig.open()) {
            assertSoon(turns * 10L, turns + " turns", () -> {
                for (int i = 0; i < turns; i++) {
                    link.client().send(1);
                    link.upstream().receive(1);
                    link.upstream().send(1);
                    link.client().receive(1);
                }
            });
        }
    }

    /** The best of a few times counts: what waits where it must not does so each time, on a machine that is busy now and then. */
    private static void assertSoon(long millis, String what, Workers.Work work) throws Exception {
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 5 && best >= millis; i++) {
            long start = System.nanoTime();
            work.run();
            best = Math.min(best, (System.nanoTime() - start) / 1_000_000);
        }
        assertTrue(best < millis, what + " took " + best + " ms");
    }

    /** Sizes around a full batch of pipe slots, which a careless splice holds back for 200 ms. */
    @Test
    void noMessageIsHeldBack() throws Exception {
        try (Link link = rig.open()) {
            for (int size = 60 << 10; size <= 68 << 10; size += 512) {
                int bytes = size;
                assertSoon(150, "to receive " + size + " bytes", () -> {
                    Future<?> sending = rig.workers.run(sendOf(link.client(), bytes));
                    link.upstream().receive(bytes);
                    Workers.await(sending);
                });
            }
        }
    }

    private static Workers.Work sendOf(Wire wire, long bytes) {
        return () -> wire.send(bytes);
    }

    @ParameterizedTest
    @EnumSource
    void aReceiverThatStopsAndGoesOn(Direction direction) throws Exception {
        try (Link link = rig.open()) {
            Wire from = direction.from(link);
            Wire to = direction.to(link);
            Future<?> sending = rig.workers.run(() -> {
                from.send(MUCH);
                from.finish();
            });
            for (int i = 0; i < 5; i++) {
                Workers.untilStalled(sending, from);
                assertFalse(sending.isDone(), "the sender was not held up");
                // Less than what woke the sender up, and more than all that is on the way.
                to.receive(i % 2 == 0 ? 10_000 + random.nextInt(10_000) : 10 * MIB);
            }
            assertEquals(End.EOF, to.receiveAll());
            assertEquals(MUCH, to.received());
            Workers.await(sending, PATIENCE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aReceiverWithATinyBuffer(Direction direction) throws Exception {
        long bytes = 4 * MIB;
        try (Link link = rig.openWithLittleBuffers()) {
            Wire from = direction.from(link);
            Wire to = direction.to(link);
            Future<?> sending = rig.workers.run(() -> {
                from.send(bytes, () -> 1 + random.nextInt(30_000));
                from.finish();
            });
            Workers.untilStalled(sending, from);
            assertEquals(End.EOF, to.receiveAll());
            assertEquals(bytes, to.received());
            Workers.await(sending, PATIENCE);
        }
    }

    @Test
    void bothDirectionsFullThenBothGoOn() throws Exception {
        try (Link link = rig.open()) {
            Future<?> up = rig.workers.run(() -> {
                link.client().send(MUCH);
                link.client().finish();
            });
            Future<?> down = rig.workers.run(() -> {
                link.upstream().send(MUCH);
                link.upstream().finish();
            });
            Workers.untilStalled(up, link.client());
            Workers.untilStalled(down, link.upstream());
            Future<End> received = rig.workers.start(link.upstream()::receiveAll);
            assertEquals(End.EOF, link.client().receiveAll());
            assertEquals(End.EOF, Workers.await(received, PATIENCE));
            assertEquals(MUCH, link.client().received());
            assertEquals(MUCH, link.upstream().received());
            Workers.await(up);
            Workers.await(down);
        }
    }

    /** More sessions that are held up than the proxy has threads, and one direction of each is free. */
    @Test
    void whoIsHeldUpHoldsUpNobodyElse() throws Exception {
        int count = 20;
        try (Connections<Link> links = new Connections<>()) {
            List<Wire> blocked = new ArrayList<>();
            List<Future<?>> sending = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Link link = links.add(rig.open());
                Wire from = (i % 2 == 0 ? Direction.UP : Direction.DOWN).from(link);
                blocked.add(from);
                sending.add(rig.workers.run(from::sendUntilBroken));
            }
            Workers.untilStalled(sending.getFirst(), blocked.toArray(Wire[]::new));
            for (int i = 0; i < count; i++) {
                Direction free = i % 2 == 0 ? Direction.DOWN : Direction.UP;
                free.from(links.all().get(i)).send(1000);
                free.to(links.all().get(i)).receive(1000);
            }
            try (Link other = rig.open()) {
                Future<?> up = rig.workers.run(sendOf(other.client(), MIB));
                other.upstream().receive(MIB);
                Workers.await(up);
            }
        }
    }
}
