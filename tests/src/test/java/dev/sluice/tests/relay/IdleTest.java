package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.Direction;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.SluiceRig.Link;
import dev.sluice.tests.testkit.Wire;
import dev.sluice.tests.testkit.Wire.End;
import dev.sluice.tests.testkit.Workers;
import dev.sluice.tests.testkit.Workers.Work;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;

/** A proxy that has sessions and nothing to do for them leaves the processor alone: no state makes a loop spin. */
@Timeout(120)
class IdleTest {
    private static final int IDLE_SESSIONS = 20;
    /** Through buffers of some kilobytes. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration WINDOW = Duration.ofSeconds(2);
    /** Ticks of 10 ms that a window may cost: one loop that spins costs 200. */
    private static final long FEW_TICKS = 8;

    @Relays
    void costsNothing(Relay relay) throws Exception {
        try (SluiceRig rig = SluiceRig.start(relay);
                Connections<Link> links = new Connections<>()) {
            for (int i = 0; i < IDLE_SESSIONS; i++) {
                links.add(used(rig.open()));
            }
            List<Work> works = new ArrayList<>();
            for (Direction direction : Direction.values()) {
                links.add(heldUp(rig, direction));
                links.add(halfClosed(rig, direction));
                for (Last last : List.<Last>of(Wire::finish, Wire::reset, IdleTest::urgent)) {
                    Link link = links.add(rig.openWithLittleBuffers());
                    works.add(() -> {
                        fill(direction.from(link), direction.to(link));
                        last.say(direction.from(link));
                    });
                }
            }
            rig.workers.together(PATIENCE, works.toArray(Work[]::new));
            rig.sluice().assertIdle(FEW_TICKS, WINDOW);
        }
    }

    private static Link used(Link link) throws IOException {
        link.client().send(1000);
        link.upstream().receive(1000);
        link.upstream().send(1000);
        link.client().receive(1000);
        return link;
    }

    private static Link heldUp(SluiceRig rig, Direction direction) throws Exception {
        Link link = rig.open();
        Future<?> sending = rig.workers.run(direction.from(link)::sendUntilBroken);
        Workers.untilStalled(sending, direction.from(link));
        return link;
    }

    private static Link halfClosed(SluiceRig rig, Direction direction) throws Exception {
        Link link = used(rig.open());
        direction.from(link).finish();
        assertEquals(End.EOF, direction.to(link).receiveAll());
        return link;
    }

    /** What a sender does behind bytes that its receiver does not take. */
    private interface Last {
        void say(Wire sender) throws IOException;
    }

    private static void urgent(Wire sender) throws IOException {
        sender.sendUrgent();
        sender.send(1);
    }

    /** Sends as much as it takes for some of it to be in the relay, since no socket has room for it. */
    private static void fill(Wire from, Wire to) throws Exception {
        long held;
        do {
            from.send(100 << 10);
            Workers.untilAcknowledged(from);
            held = from.proxysQueues().unread()
                    + to.proxysQueues().unacknowledged()
                    + to.queues().unread();
        } while (held >= from.sent());
    }
}
