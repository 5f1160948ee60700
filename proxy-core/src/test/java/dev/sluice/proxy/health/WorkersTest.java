package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.testkit.LoopRig;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Threads for what blocks, when none can be made. */
class WorkersTest {
    private final LoopRig rig = new LoopRig(1);

    @AfterEach
    void close() {
        rig.close();
    }

    /** Who stops asking has more to do than to take leave of one server. */
    @Test
    void whoFindsNoThreadTakesLeaveLater() {
        AtomicInteger refusals = new AtomicInteger(2);
        Workers workers = new Workers(rig.loop(), task -> {
            if (refusals.getAndDecrement() > 0) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            return new Thread(task);
        });
        AtomicBoolean one = new AtomicBoolean();
        AtomicBoolean other = new AtomicBoolean();
        workers.leave(() -> one.set(true));
        workers.leave(() -> other.set(true));
        assertFalse(one.get() || other.get());
        rig.until("both to leave", () -> one.get() && other.get());
        assertTrue(refusals.get() <= 0);
        workers.close();
    }
}
