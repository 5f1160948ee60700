package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Long streams, which may gather before they go on: whatever comes last before they pause, turn or end arrives. */
@Relays
@Timeout(60)
class CoalesceTest {
    private static final int LONG = 32 << 20;

    @RegisterExtension
    static final RigPerRelay RIGS = RigPerRelay.with("--coalesce", "50ms");

    private final SluiceRig rig;

    CoalesceTest(Relay relay) {
        rig = RIGS.of(relay);
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatPausesTurnsAndEnds(Direction direction) throws Exception {
        for (Family family : Family.values()) {
            try (Link link = rig.open(family, family)) {
                Wire from = direction.from(link);
                Wire to = direction.to(link);
                for (int bytes : new int[] {LONG, 1, 1_000, 100_000, LONG, 3_000_000, 1}) {
                    pass(from, to, bytes);
                }
                pass(to, from, 1);
                pass(from, to, 1);
                pass(from, to, LONG);
                from.send(1);
                from.finish();
                assertEquals(End.EOF, to.receiveAll());
                assertEquals(from.sent(), to.received());
            }
        }
    }

    private void pass(Wire from, Wire to, int bytes) throws Exception {
        Future<?> sending = rig.workers.run(() -> from.send(bytes));
        to.receive(bytes);
        Workers.await(sending);
    }
}
