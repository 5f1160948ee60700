package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Copying with many who do not read: memory has a bound, and those who do read do not notice. */
class StashShortageTest extends RealSockets {
    private static final long LIMIT = 1 << 20;
    private static final int BUFFER = 4 << 20;
    private static final int HELD_UP = 8;
    private static final int MUCH = 12 << 20;

    private final Script script = new Script();

    private ProxyRig start(int copyBuffer) {
        return ProxyRig.plan(RelayMode.COPY)
                .copyBuffer(copyBuffer)
                .stashLimit(LIMIT)
                .start(net, script);
    }

    private static List<ProxyRig.Pair> heldUp(ProxyRig rig) {
        List<ProxyRig.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < HELD_UP; i++) {
            ProxyRig.Pair pair = rig.open();
            pair.client().receiveBuffer(64 << 10);
            pairs.add(pair);
        }
        for (int i = 0; i < 3; i++) {
            for (ProxyRig.Pair pair : pairs) {
                stuff(pair);
            }
            rig.awaitQuiet();
        }
        return pairs;
    }

    /** So many that no memory is left, and some more. */
    private static List<ProxyRig.Pair> exhausted(ProxyRig rig) {
        List<ProxyRig.Pair> pairs = new ArrayList<>();
        do {
            pairs.addAll(heldUp(rig));
        } while (LIMIT - rig.snapshot().get(Counter.STASHED) >= 16 << 10);
        pairs.addAll(heldUp(rig));
        return pairs;
    }

    private static void stuff(ProxyRig.Pair pair) {
        while (pair.server().write(MUCH - pair.server().sent) > 0) {
            // until nothing more fits
        }
    }

    private void finish(List<ProxyRig.Pair> pairs) {
        List<Traffic.Task> tasks = new ArrayList<>();
        for (ProxyRig.Pair pair : pairs) {
            tasks.add(pair.server().sendingAll(MUCH));
            tasks.add(pair.client().receivingAll());
            tasks.add(pair.client().sendingAll(100_000));
            tasks.add(pair.server().receivingAll());
        }
        Traffic.run(net, tasks);
        for (ProxyRig.Pair pair : pairs) {
            ProxyRig.assertWhole(pair, 100_000, MUCH);
        }
    }

    @Test
    void theLimitHoldsAndEveryByteArrives() {
        for (int buffer : new int[] {16 << 10, 64 << 10, BUFFER}) {
            try (ProxyRig rig = start(buffer)) {
                List<ProxyRig.Pair> pairs = heldUp(rig);
                long stashed = rig.snapshot().get(Counter.STASHED);
                assertTrue(stashed > 0 && stashed <= LIMIT, () -> stashed + " of " + LIMIT);
                // Somebody who reads, while others have all the memory.
                rig.exchange(MUCH, 3_000_000);
                finish(pairs);
                rig.awaitQuiet();
                assertEquals(0, rig.snapshot().get(Counter.STASHED));
            }
        }
    }

    /** The bytes stay in the source's socket, which holds its sender up; nothing waits for memory, and nothing spins. */
    @Test
    void beyondTheLimitBytesStayInTheirSocket() {
        try (ProxyRig rig = start(BUFFER)) {
            List<ProxyRig.Pair> pairs = exhausted(rig);
            long waits = rig.snapshot().get(Counter.STASH_WAITS);
            assertTrue(waits > 0, () -> rig.snapshot().toString());
            long turns = rig.snapshot().get(Counter.TURNS);
            ProxyRig.pause(300);
            // Each session has one timer in its first second.
            assertTrue(rig.snapshot().get(Counter.TURNS) - turns <= 3 + pairs.size(), "it spins");
            assertEquals(waits, rig.snapshot().get(Counter.STASH_WAITS));
            // Those who have the memory go away; the others did not wait for it.
            for (ProxyRig.Pair pair : pairs.subList(0, HELD_UP)) {
                pair.both().forEach(Conn::reset);
            }
            finish(pairs.subList(HELD_UP, pairs.size()));
        }
    }

    /** In the middle of a peek: what was given cannot be taken any more. Rather than giving it twice, the session is cut. */
    @Test
    void bytesThatCannotBeTakenAreNotGivenTwice() {
        try (ProxyRig rig = start(BUFFER)) {
            List<ProxyRig.Pair> pairs = exhausted(rig);
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            script.once(Call.RECV, 2, Fault.error(Errno.EIO));
            pair.client().write(5000);
            Traffic.run(net, pair.server().receivingAll(), pair.client().receivingAll());
            assertTrue(pair.server().received <= 5000);
            assertEquals(EndCause.INTERNAL_ERROR, rig.awaitEnd().cause());
            assertEquals(1, script.faults());
            script.clear();
            finish(pairs);
        }
    }
}
