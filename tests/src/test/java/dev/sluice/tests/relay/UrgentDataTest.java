package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.tests.testkit.Chance;
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
import java.util.Random;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Urgent data (tcp(7), MSG_OOB) is not forwarded, as it would not be by an application that knows nothing of it; the stream around
 * it is, to its end.
 */
@Relays
@Timeout(60)
class UrgentDataTest {
    @RegisterExtension
    static final RigPerRelay RIGS = RigPerRelay.with();

    private final SluiceRig rig;
    private final Random random;

    UrgentDataTest(Relay relay) {
        rig = RIGS.of(relay);
        random = Chance.of("UrgentDataTest " + relay);
    }

    @ParameterizedTest
    @EnumSource
    void inMidstream(Direction direction) throws Exception {
        for (int i = 0; i < 100; i++) {
            int before = random.nextInt(i % 2 == 0 ? 10 : 100_000);
            int after = 1 + random.nextInt(i % 3 == 0 ? 10 : 100_000);
            transfer(direction, before, after);
        }
    }

    @ParameterizedTest
    @EnumSource
    void asTheLastByte(Direction direction) throws Exception {
        for (int i = 0; i < 100; i++) {
            transfer(direction, random.nextInt(i % 2 == 0 ? 10 : 100_000), 0);
        }
    }

    /** The mark is reached while bytes behind it, and the end, are there already. */
    @Test
    void behindAReceiverThatIsHeldUp() throws Exception {
        long much = 32 << 20;
        try (Link link = rig.open()) {
            Wire client = link.client();
            Future<?> sending = rig.workers.run(() -> {
                client.send(much);
                client.sendUrgent();
                client.send(1000);
                client.finish();
            });
            Workers.untilStalled(sending, client);
            assertEquals(End.EOF, link.upstream().receiveAll());
            assertEquals(much + 1000, link.upstream().received());
            Workers.await(sending);
        }
    }

    @Test
    void againAndAgain() throws Exception {
        try (Link link = rig.open(Family.V6, Family.V4)) {
            for (int i = 0; i < 200; i++) {
                link.client().send(random.nextInt(3));
                link.client().sendUrgent();
                // Only an urgent byte that was passed leaves the stream as it is when the next one comes.
                link.client().send(1);
                link.upstream().receive(link.client().sent() - link.upstream().received());
            }
            link.upstream().send(5);
            link.client().receive(5);
        }
    }

    @Test
    void nothingElse() throws Exception {
        try (Link link = rig.open()) {
            link.client().sendUrgent();
            link.upstream().send(3);
            link.client().receive(3);
            link.client().finish();
            assertEquals(End.EOF, link.upstream().receiveAll());
            assertEquals(0, link.upstream().received());
        }
    }

    private void transfer(Direction direction, int before, int after) throws Exception {
        try (Link link = rig.open()) {
            Wire from = direction.from(link);
            Wire to = direction.to(link);
            Future<?> sending = rig.workers.run(() -> {
                from.send(before);
                from.sendUrgent();
                from.send(after);
                from.finish();
            });
            assertEquals(End.EOF, to.receiveAll());
            assertEquals(before + after, to.received());
            Workers.await(sending);
        }
    }
}
