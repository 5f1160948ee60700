package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.testkit.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No byte of one session reaches another, whatever is recycled between them: pipes, buffers, descriptors, slots. */
class IsolationTest extends RealSockets {
    private static final int BLOCK = 16 << 20;

    /** Sessions that die with bytes on the way, in either direction, and others that use what they leave. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whatWasInFlightIsNeverSeenAgain(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (int round = 0; round < 5; round++) {
                List<ProxyRig.Pair> doomed = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    ProxyRig.Pair pair = rig.open();
                    Conn sender = pair.both().get(i % 2);
                    while (sender.write(BLOCK) > 0) {
                        // until nothing more fits
                    }
                    doomed.add(pair);
                }
                rig.awaitQuiet();
                if (relay == RelayMode.SPLICE) {
                    assertTrue(rig.snapshot().get(Counter.PIPES_OPEN) >= 8, "pipes that hold bytes");
                }
                for (int i = 0; i < 8; i++) {
                    doomed.get(i).both().get(1 - i % 2).reset(); // who did not read: what is on the way is lost
                }
                for (int i = 0; i < 8; i++) {
                    rig.awaitEnd();
                }
                for (int i = 0; i < 8; i++) {
                    doomed.get(i).both().get(i % 2).reset();
                }
                for (int i = 0; i < 4; i++) {
                    rig.exchange(70_000, 70_000);
                }
            }
            assertTrue(rig.snapshot().get(Counter.PIPES_OPEN) <= 8, () -> "dirty pipes kept: " + rig.snapshot());
        }
    }

    /** Connecting and cutting so fast that descriptors and slots are used again while events for the last ones are under way. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void eventsOfWhoHadTheDescriptorBeforeAreDropped(RelayMode relay) {
        Seeds.each(1, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            try (ProxyRig rig = ProxyRig.plan(relay).threads(2).start(net)) {
                List<ProxyRig.Pair> open = new ArrayList<>();
                int ended = 0;
                for (int i = 0; i < 1500; i++) {
                    ProxyRig.Pair pair = rig.open();
                    pair.client().write(random.nextInt(1, 5000));
                    pair.server().write(random.nextInt(1, 5000));
                    open.add(pair);
                    if (open.size() > 20) {
                        ProxyRig.Pair gone = open.remove(random.nextInt(open.size()));
                        end(rig, gone, random);
                        ended++;
                    }
                }
                for (ProxyRig.Pair pair : open) {
                    end(rig, pair, random);
                    ended++;
                }
                for (int i = 0; i < ended; i++) {
                    rig.awaitEnd();
                }
                assertEquals(0, rig.snapshot().get(Counter.ACTIVE));
                assertEquals(List.of(), List.copyOf(rig.warnings));
            }
        });
    }

    private static void end(ProxyRig rig, ProxyRig.Pair pair, SplittableRandom random) {
        int dice = random.nextInt(4);
        if (dice < 2) {
            pair.both().get(dice).reset();
            pair.both().get(1 - dice).reset();
        } else if (dice == 2) {
            pair.both().forEach(Conn::close);
        } else {
            Traffic.run(
                    rig.net,
                    pair.client().sendingAll(pair.client().sent),
                    pair.server().sendingAll(pair.server().sent),
                    pair.client().receivingAll(),
                    pair.server().receivingAll());
            ProxyRig.assertWhole(pair, pair.client().sent, pair.server().sent);
            pair.both().forEach(Conn::close);
        }
    }
}
