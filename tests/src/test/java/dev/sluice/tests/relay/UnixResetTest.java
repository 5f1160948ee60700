package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Direction;
import dev.sluice.tests.testkit.Family;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.RigPerRelay;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.SluiceRig.Link;
import dev.sluice.tests.testkit.Wire;
import dev.sluice.tests.testkit.Wire.End;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What becomes of a break where a unix socket is involved (unix(7)). A unix socket breaks by being closed with bytes unread, which
 * its peer is told as a reset; there is no other way to break one. So a break is forwarded from unix to TCP as a reset, and from
 * TCP to unix as a close: the unix side sees the end of the stream, or a reset if it had sent what the proxy had not read yet.
 */
@Relays
@Timeout(60)
class UnixResetTest {
    private static final long MIB = 1 << 20;

    @RegisterExtension
    static final RigPerRelay RIGS = RigPerRelay.with();

    private final Relay relay;
    private final SluiceRig rig;

    UnixResetTest(Relay relay) {
        this.relay = relay;
        rig = RIGS.of(relay);
    }

    private static String cause(Direction breaker) {
        return breaker == Direction.UP ? "client reset" : "upstream reset";
    }

    private Link open(Direction breaker, Family from, Family to) throws IOException {
        return breaker == Direction.UP ? rig.open(from, to) : rig.open(to, from);
    }

    @ParameterizedTest
    @EnumSource
    void fromUnixToTcpIsAReset(Direction breaker) throws Exception {
        try (Link link = open(breaker, Family.UNIX, Family.V4)) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            to.send(1000);
            from.receive(1);
            from.send(100_000);
            from.close();
            assertEquals(End.RESET, to.receiveAll());
            assertEquals(100_000, to.received());
            AccessLine line = link.log();
            assertEquals(cause(breaker), line.end(), line::text);
            assertEquals(relay.word(), line.field("relay"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void fromTcpToUnixIsAClose(Direction breaker) throws Exception {
        try (Link link = open(breaker, Family.V4, Family.UNIX)) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            from.send(100_000);
            to.receive(100_000);
            from.reset();
            to.receiveAll();
            assertEquals(100_000, to.received());
            to.sendUntilBroken();
            AccessLine line = link.log();
            assertEquals(cause(breaker), line.end(), line::text);
        }
    }

    /** What the proxy had received is in the receiver's own buffers before the close, so nothing of it is lost. */
    @ParameterizedTest
    @EnumSource
    void allThatHadArrivedIsDelivered(Direction breaker) throws Exception {
        try (Link link = open(breaker, Family.V4, Family.UNIX)) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            Future<?> sending = rig.workers.run(from::sendUntilBroken);
            Workers.untilStalled(sending, from);
            long arrived = from.sent() - from.queues().unacknowledged();
            from.reset();
            Workers.await(sending);
            to.receiveAll();
            assertTrue(to.received() >= arrived, () -> arrived + " had arrived; " + to);
            assertEquals(cause(breaker), link.log().end());
        }
    }

    @ParameterizedTest
    @EnumSource
    void fromUnixToUnix(Direction breaker) throws Exception {
        try (Link link = open(breaker, Family.UNIX, Family.UNIX)) {
            Wire from = breaker.from(link);
            Wire to = breaker.to(link);
            to.send(1000);
            from.receive(1);
            from.send(MIB / 8);
            from.close();
            to.receiveAll();
            assertEquals(MIB / 8, to.received());
            to.sendUntilBroken();
            assertEquals(cause(breaker), link.log().end());
        }
    }
}
