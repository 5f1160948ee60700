package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Descriptors;
import dev.sluice.tests.testkit.Direction;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.Repeats;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.SluiceRig.Link;
import dev.sluice.tests.testkit.Wire;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;

/**
 * No byte of one session reaches another. Hundreds of streams at a time, each with bytes of its own, are broken off at any moment
 * while receivers dawdle and pipes and buffers are full, so that descriptors, pipes and memory go from session to session in any
 * state that a session can leave them in.
 */
@Timeout(120)
class SeparationTest {
    private static final int AT_A_TIME = 100;
    private static final Duration ROUND = Duration.ofSeconds(Repeats.of("separation", 5));
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int BROKEN_ONE_BY_ONE = 100;
    /** Bytes that are surely more than the sockets on the way hold, so that the rest is in the relay. */
    private static final long FULL = 8 << 20;
    /** The JVM starts and stops threads of its compilers as it likes. */
    private static final int THREADS_OF_THE_JVM = 2;

    @Relays
    void everySessionGetsItsOwnBytes(Relay relay) throws Exception {
        try (SluiceRig rig = SluiceRig.start(relay, "--pipe-size", "64KiB")) {
            rig.serve(Episode::answer);
            int threads = rig.sluice().threads();
            round(rig, relay + " 1");
            Descriptors first = rig.sluice().descriptors();
            round(rig, relay + " 2");
            Descriptors second = rig.sluice().descriptors();
            assertEquals(first.sockets(), second.sockets());
            assertTrue(rig.sluice().threads() <= threads + THREADS_OF_THE_JVM);
        }
    }

    /** A pipe that was cut off with bytes in it is closed; it is neither used again nor forgotten. */
    @Relays
    void fullPipesAreClosed(Relay relay) throws Exception {
        try (SluiceRig rig = SluiceRig.start(relay)) {
            int most = 0;
            for (int i = 0; i < BROKEN_ONE_BY_ONE; i++) {
                Direction direction = i % 2 == 0 ? Direction.UP : Direction.DOWN;
                try (Link link = rig.open()) {
                    Wire from = direction.from(link);
                    Future<?> sending = rig.workers.run(from::sendUntilBroken);
                    Eventually.holds("the buffers are full", () -> from.sent() > FULL / 2 || sending.isDone());
                    direction.to(link).reset();
                    Workers.await(sending);
                    link.log();
                }
                int pipes = rig.sluice().descriptors().pipes();
                most = Math.max(most, pipes);
            }
            // Sessions came one after the other, and each had a pipe for each direction at most.
            int ends = most;
            assertTrue(ends <= SluiceRig.THREADS * 2 * 2, () -> ends + " ends of pipes");
        }
    }

    private static void round(SluiceRig rig, String name) throws IOException {
        Queue<Episode> sessions = new ConcurrentLinkedQueue<>();
        int logged = rig.sluice().logged();
        long end = System.nanoTime() + ROUND.toNanos();
        List<Future<?>> players = new ArrayList<>();
        for (int i = 0; i < AT_A_TIME; i++) {
            Random random = Chance.of("SeparationTest " + name + " " + i);
            players.add(rig.workers.run(() -> {
                while (System.nanoTime() < end) {
                    Episode session = new Episode(random);
                    sessions.add(session);
                    session.play(rig);
                }
            }));
        }
        Workers.awaitAll(players, PATIENCE);
        List<AccessLine> lines = rig.settle();
        compare(sessions, lines.subList(logged, lines.size()));
    }

    /** What the log counts is what the ends have seen. */
    private static void compare(Queue<Episode> sessions, List<AccessLine> lines) {
        Map<String, Deque<AccessLine>> byClient = new HashMap<>();
        lines.forEach(line -> byClient.computeIfAbsent(
                        line.field("listener") + " " + line.field("client"), ends -> new ArrayDeque<>())
                .add(line));
        int broken = 0;
        for (Episode session : sessions) {
            broken += session.isBroken() ? 1 : 0;
            Deque<AccessLine> own = byClient.get(session.ends());
            if (own != null) {
                // A port that was used twice has its lines in the order of its sessions.
                session.compare(own.remove());
            }
        }
        System.out.println("separation: " + sessions.size() + " sessions, " + broken + " of them broken off");
        assertTrue(broken > 50 && sessions.size() - broken > 50, "too few to mean anything");
    }
}
