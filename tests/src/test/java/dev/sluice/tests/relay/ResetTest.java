package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Direction;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Family;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.RigPerRelay;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.SluiceRig.Link;
import dev.sluice.tests.testkit.Wire;
import dev.sluice.tests.testkit.Wire.End;
import dev.sluice.tests.testkit.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A connection that breaks is broken to the other side too: never does half a stream end as if it were whole. What the proxy's
 * kernel had received before the break still arrives.
 *
 * <p>A direction stands for the side that breaks: {@code UP} is the client, whose stream goes up.
 */
@Relays
@Timeout(60)
class ResetTest {
    private static final long MIB = 1 << 20;
    /** More than fits into all buffers on the way. */
    private static final long MUCH = 64 * MIB;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @RegisterExtension
    static final RigPerRelay RIGS = RigPerRelay.with();

    private final SluiceRig rig;
    private final Random random;

    ResetTest(Relay relay) {
        rig = RIGS.of(relay);
        random = Chance.of("ResetTest " + relay);
    }

    private static String cause(Direction breaker) {
        return breaker == Direction.UP ? "client reset" : "upstream reset";
    }

    private static long logged(Direction direction, AccessLine line) {
        return direction == Direction.UP ? line.up() : line.down();
    }

    static Stream<Arguments> sidesOfTcp() {
        return Stream.of(Direction.values())
                .flatMap(breaker -> Stream.of(Family.V4, Family.V6).map(family -> Arguments.of(breaker, family)));
    }

    @ParameterizedTest
    @MethodSource("sidesOfTcp")
    void afterAllHasArrived(Direction breaker, Family family) throws Exception {
        try (Link link = rig.open(family, family)) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            from.send(100_000);
            to.receive(100_000);
            to.send(50_000);
            from.receive(50_000);
            from.reset();
            assertEquals(End.RESET, to.receiveAll());
            assertEquals(100_000, to.received());
            AccessLine line = link.log();
            assertEquals(cause(breaker), line.end(), line::text);
            assertEquals("ECONNRESET", line.error(), line::text);
            assertEquals(100_000, logged(breaker, line), line::text);
            assertEquals(50_000, logged(breaker.opposite(), line), line::text);
        }
    }

    @ParameterizedTest
    @EnumSource
    void withNothingSent(Direction breaker) throws Exception {
        try (Link link = rig.open()) {
            breaker.from(link).reset();
            assertEquals(End.RESET, breaker.to(link).receiveAll());
            // An upstream may be gone before the proxy has seen that it had answered.
            String cause = link.log().end();
            assertTrue(
                    cause.equals(cause(breaker))
                            || (breaker == Direction.DOWN && cause.equals("upstream connect-failed")),
                    cause);
        }
    }

    /** The bytes and the reset are there before the proxy has looked. */
    @ParameterizedTest
    @EnumSource
    void rightBehindTheLastBytes(Direction breaker) throws Exception {
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            try (Link link = rig.open(Family.V4, Family.V4, SluiceRig.SMALL_BLOCK)) {
                links.add(link);
                Wire from = breaker.from(link);
                long size = 1L + random.nextInt(i % 2 == 0 ? 100 : 30_000);
                from.send(size);
                Workers.untilAcknowledged(from);
                from.reset();
                assertEquals(End.RESET, breaker.to(link).receiveAll());
                assertEquals(size, breaker.to(link).received());
            }
        }
        for (Link link : links) {
            AccessLine line = link.log();
            assertEquals(cause(breaker), line.end(), line::text);
            assertEquals(breaker.from(link).sent(), logged(breaker, line), line::text);
        }
    }

    /** The proxy accepts a connection that is broken already. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 50_000})
    void beforeTheProxyHasAccepted(long size) throws Exception {
        try (Link link = rig.openBehindItsBack(Family.V4, Family.V4, client -> {
            client.send(size);
            Workers.untilAcknowledged(client);
            client.reset();
        })) {
            assertEquals(End.RESET, link.upstream().receiveAll());
            assertEquals(size, link.upstream().received());
            AccessLine line = link.log();
            assertEquals("client reset", line.end(), line::text);
            assertEquals(size, line.up(), line::text);
        }
    }

    /** The receiver has stopped, every buffer on the way is full; what they hold arrives once it goes on. */
    @ParameterizedTest
    @EnumSource
    void whileTheReceiverIsHeldUp(Direction breaker) throws Exception {
        for (int i = 0; i < 4; i++) {
            try (Link link = i % 2 == 0 ? rig.open() : rig.openWithLittleBuffers()) {
                Wire from = breaker.from(link);
                Wire to = breaker.to(link);
                Future<?> sending = rig.workers.run(from::sendUntilBroken);
                Workers.untilStalled(sending, from);
                long arrived = from.sent() - from.queues().unacknowledged();
                from.reset();
                Workers.await(sending);
                assertEquals(End.RESET, to.receiveAll());
                assertTrue(to.received() >= arrived, () -> arrived + " had arrived; " + to);
                assertTrue(to.received() <= from.sent(), () -> "more than was sent: " + to);
                AccessLine line = link.log();
                assertEquals(cause(breaker), line.end(), line::text);
                assertEquals(to.received(), logged(breaker, line), line::text);
            }
        }
    }

    /**
     * The proxy finds the break by what it does for the other side, and is told of it by an event afterwards. Whatever it learns
     * first, the receiver, which is slow, gets all that had arrived.
     */
    @ParameterizedTest
    @EnumSource
    void foundBeforeItIsTold(Direction breaker) throws Exception {
        long size = 200_000;
        for (int sent = 0; sent < 2; sent++) {
            try (Link link = rig.openWithLittleBuffers()) {
                Wire from = breaker.from(link);
                Wire to = breaker.to(link);
                from.send(size);
                Workers.untilAcknowledged(from);
                from.finish();
                Eventually.holds(
                        "the proxy has sent what it can",
                        () -> to.proxysQueues().unacknowledged() + to.queues().unread() > size);
                rig.sluice().pause();
                to.send(sent);
                to.finish();
                from.reset();
                rig.sluice().goOn();
                to.receiveAll(); // the end was a true one, so either end will do
                assertEquals(size, to.received());
                assertEquals(cause(breaker), link.log().end());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void withBytesInFlightBothWays(Direction breaker) throws Exception {
        for (int i = 0; i < 20; i++) {
            try (Link link = rig.open(Family.V4, i % 2 == 0 ? Family.V4 : Family.V6)) {
                Wire from = breaker.from(link);
                Wire to = breaker.to(link);
                Future<?> sending = rig.workers.run(from::sendUntilBroken);
                Future<?> answering = rig.workers.run(to::sendUntilBroken);
                Future<End> receiving = rig.workers.start(to::receiveAll);
                from.receive(1L + random.nextInt(3 << 20));
                from.reset();
                End end = Workers.await(receiving);
                Workers.await(answering);
                Workers.await(sending);
                assertEquals(End.RESET, to.verdict(end));
                AccessLine line = link.log();
                assertEquals(cause(breaker), line.end(), line::text);
                assertEquals(to.received(), logged(breaker, line), line::text);
                assertTrue(logged(breaker.opposite(), line) >= from.received(), line::text);
                assertTrue(logged(breaker.opposite(), line) <= to.sent(), line::text);
            }
        }
    }

    /** Both ends are full of bytes that nobody reads. */
    @ParameterizedTest
    @EnumSource
    void whileNobodyReads(Direction breaker) throws Exception {
        try (Link link = rig.open()) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            Future<?> sending = rig.workers.run(from::sendUntilBroken);
            Future<?> answering = rig.workers.run(to::sendUntilBroken);
            Workers.untilStalled(sending, from, to);
            from.reset();
            End end = to.receiveAll();
            Workers.await(answering);
            Workers.await(sending);
            assertEquals(End.RESET, to.verdict(end));
            assertEquals(cause(breaker), link.log().end());
        }
    }

    /** Who closes with bytes unread sends a reset, whether it means to or not (RFC 2525, 2.17). */
    @ParameterizedTest
    @MethodSource("sidesOfTcp")
    void byClosingWithBytesUnread(Direction breaker, Family family) throws Exception {
        try (Link link = rig.open(family, family)) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            to.send(1000);
            from.receive(1);
            from.send(77);
            from.close();
            assertEquals(End.RESET, to.receiveAll());
            assertEquals(77, to.received());
            assertEquals(cause(breaker), link.log().end());
        }
    }

    /** It has ended its stream in order, and then breaks off while it receives: the sender must not go on into the void. */
    @ParameterizedTest
    @EnumSource
    void byWhoHadEndedItsOwnStream(Direction breaker) throws Exception {
        try (Link link = rig.open()) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            from.send(1000);
            from.finish();
            assertEquals(End.EOF, to.receiveAll());
            assertEquals(1000, to.received());
            Future<?> answering = rig.workers.run(to::sendUntilBroken);
            Workers.untilStalled(answering, to);
            from.reset();
            Workers.await(answering);
            AccessLine line = link.log();
            assertEquals(cause(breaker), line.end(), line::text);
            assertEquals(1000, logged(breaker, line), line::text);
        }
    }

    /** The other one had ended its stream, and waits for an answer that breaks off. */
    @ParameterizedTest
    @EnumSource
    void towardsWhoHadEndedItsStream(Direction breaker) throws Exception {
        try (Link link = rig.open()) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            to.send(1000);
            to.finish();
            assertEquals(End.EOF, from.receiveAll());
            from.send(500);
            to.receive(500);
            from.reset();
            assertEquals(End.RESET, to.receiveAll());
            AccessLine line = link.log();
            assertEquals(cause(breaker), line.end(), line::text);
            assertEquals(1000, logged(breaker.opposite(), line), line::text);
            assertEquals(500, logged(breaker, line), line::text);
        }
    }

    /** Bytes, the end of the stream and a reset, all there before the receiver reads again. */
    @ParameterizedTest
    @EnumSource
    void behindAnEndThatWasNotDeliveredYet(Direction breaker) throws Exception {
        try (Link link = rig.open()) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            to.send(10); // so that the other direction is not over either
            Future<?> sending = rig.workers.run(() -> {
                from.send(MUCH);
                from.finish();
            });
            Workers.untilStalled(sending, from);
            to.receive(MUCH - 2 * MIB);
            Workers.await(sending, PATIENCE);
            Workers.untilAcknowledged(from);
            from.reset();
            // The end was a true one, so either word is true; the bytes must all be there.
            to.receiveAll();
            assertEquals(MUCH, to.received());
            AccessLine line = link.log();
            assertEquals(cause(breaker), line.end(), line::text);
        }
    }
}
