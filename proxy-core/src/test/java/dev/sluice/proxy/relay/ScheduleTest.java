package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.testkit.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random doings of both sides of a session, against what must come of them:
 *
 * <ul>
 *   <li>who finishes is heard: the other side receives every byte, then a clean end;
 *   <li>who resets is heard: the other side receives every byte that the proxy's kernel had taken, then a reset;
 *   <li>nobody ever sees a clean end after half a stream.
 * </ul>
 */
class ScheduleTest extends RealSockets {
    private static final int ROUNDS = 300;
    private static final int MOST_STEPS = 40;
    private static final int MOST_BYTES = 120_000;
    private static final Set<Integer> GONE = Set.of(Errno.ECONNRESET, Errno.EPIPE);
    private static final Set<EndCause> IN_ORDER = Set.of(EndCause.CLIENT_CLOSED, EndCause.UPSTREAM_CLOSED);

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void endsAsItMust(RelayMode relay) {
        net.segment = Net.ETHERNET_SEGMENT;
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            Seeds.each(ROUNDS, seed -> play(rig, new SplittableRandom(seed)));
        }
    }

    private static void play(ProxyRig rig, SplittableRandom random) {
        List<Conn> ends = new ArrayList<>(rig.open().both());
        for (Conn end : ends) {
            if (random.nextInt(3) == 0) {
                end.receiveBuffer(32 << 10); // a slow reader holds the other side up
            }
        }
        Conn reset = null;
        long taken = 0;
        int steps = random.nextInt(MOST_STEPS);
        for (int i = 0; i < steps && reset == null; i++) {
            Conn one = ends.get(random.nextInt(2));
            int dice = random.nextInt(100);
            if (dice < 45) {
                if (!one.finished) {
                    one.write(size(random));
                }
            } else if (dice < 88) {
                one.read(size(random));
            } else if (dice < 93) {
                one.finish();
            } else if (dice < 96) {
                ProxyRig.pause(1); // lets the proxy go on meanwhile
            } else if (dice < 98) {
                reset = one;
            }
        }
        if (reset == null) {
            endInOrder(rig, ends);
        } else {
            if (random.nextBoolean()) {
                awaitTaken(rig, reset);
            }
            taken = reset.sent - reset.unsent() + (reset.finished ? 1 : 0); // a FIN counts as a byte
            Conn other = ends.get(reset == ends.get(0) ? 1 : 0);
            reset.reset();
            endByReset(rig, reset, other, Math.min(taken, reset.sent), reset == ends.get(0));
        }
    }

    private static long size(SplittableRandom random) {
        return random.nextInt(1, 2 << random.nextInt(17));
    }

    private static void awaitTaken(ProxyRig rig, Conn conn) {
        // Whether all can be taken depends on how much the other side has read, so only for a moment.
        for (int i = 0; i < 5 && conn.unsent() > 0; i++) {
            rig.net.await(conn.fd, 0, 1);
        }
    }

    private static void endInOrder(ProxyRig rig, List<Conn> ends) {
        List<Traffic.Task> tasks = new ArrayList<>();
        for (Conn end : ends) {
            tasks.add(end.sendingAll(end.finished ? end.sent : Math.max(end.sent, MOST_BYTES)));
            tasks.add(end.receivingAll());
        }
        Traffic.run(rig.net, tasks);
        Conn client = ends.get(0);
        Conn server = ends.get(1);
        ProxyRig.assertWhole(new ProxyRig.Pair(client, server), client.sent, server.sent);
        ends.forEach(Conn::close);
        SessionEnd end = rig.awaitEnd();
        assertTrue(IN_ORDER.contains(end.cause()), end::toString);
        assertEquals(client.sent, end.session().bytesUp());
        assertEquals(server.sent, end.session().bytesDown());
        assertEquals(0, end.errno());
    }

    private static void endByReset(ProxyRig rig, Conn reset, Conn other, long taken, boolean byClient) {
        boolean bothFinished = reset.finished && other.finished;
        Traffic.run(rig.net, other.receivingAll());
        other.readRest();
        assertTrue(other.received >= taken, () -> "of " + taken + " bytes taken before the reset: " + other);
        ProxyRig.assertHonest(other, reset);
        SessionEnd end = rig.awaitEnd();
        if (end.cause() == EndCause.CONNECT_FAILED) {
            // Gone before the proxy looked, and without a word.
            assertTrue(!byClient && taken == 0 && end.errno() == Errno.ECONNRESET, end::toString);
        } else if (!bothFinished) {
            assertEquals(byClient ? EndCause.CLIENT_RESET : EndCause.UPSTREAM_RESET, end.cause(), end::toString);
            assertTrue(GONE.contains(end.errno()), end::toString);
            if (other.ended) {
                // The stream was whole; that the session was not shows to who goes on writing.
                ProxyRig.await("a reset", () -> {
                    other.write(1);
                    return other.broke != 0;
                });
            }
        }
        other.close();
    }
}
