package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.Family;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.RigPerRelay;
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
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every byte arrives, once, in order, and so does the end of each stream; the access log has counted them right. */
@Relays
@Timeout(120)
class IntegrityTest {
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @RegisterExtension
    static final RigPerRelay RIGS = RigPerRelay.with();

    private final SluiceRig rig;
    private final Random random;

    IntegrityTest(Relay relay) {
        rig = RIGS.of(relay);
        random = Chance.of("IntegrityTest " + relay);
    }

    /** Who ends its stream first; the other does so when it has seen that. */
    enum Ending {
        CLIENT_FIRST,
        UPSTREAM_FIRST,
        AT_ONCE;

        Set<String> causes() {
            return switch (this) {
                case CLIENT_FIRST -> Set.of("client fin");
                case UPSTREAM_FIRST -> Set.of("upstream fin");
                case AT_ONCE -> Set.of("client fin", "upstream fin");
            };
        }
    }

    static Stream<Arguments> sizesAndEndings() {
        return Stream.of(
                        0L,
                        1L,
                        2L,
                        3L,
                        7L,
                        100L,
                        1447L,
                        4095L,
                        4097L,
                        64 * KIB - 1,
                        64 * KIB,
                        64 * KIB + 1,
                        256 * KIB + 1,
                        MIB)
                .flatMap(size -> Stream.of(Ending.values()).map(ending -> Arguments.of(size, ending)));
    }

    @ParameterizedTest
    @MethodSource("sizesAndEndings")
    void eachWayAndBothWays(long size, Ending ending) throws Exception {
        transfer(Family.V4, Family.V4, size, 0, ending);
        transfer(Family.V4, Family.V4, 0, size, ending);
        transfer(Family.V4, Family.V4, size, size, ending);
    }

    static Stream<Arguments> families() {
        return Stream.of(Family.values())
                .flatMap(client -> Stream.of(Family.values()).map(upstream -> Arguments.of(client, upstream)));
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyFamilyToEveryFamily(Family client, Family upstream) throws Exception {
        for (Ending ending : Ending.values()) {
            for (long size : new long[] {0, 1, 64 * KIB + 1, 3 * MIB}) {
                transfer(client, upstream, size, size, ending);
            }
            transfer(client, upstream, 5 * MIB, 11, ending);
            transfer(client, upstream, 0, MIB, ending);
        }
    }

    @Test
    void manyMegabytes() throws Exception {
        transfer(Family.V4, Family.V4, 64 * MIB, 0, Ending.CLIENT_FIRST);
        transfer(Family.V6, Family.V4, 0, 64 * MIB, Ending.UPSTREAM_FIRST);
        transfer(Family.V4, Family.V6, 64 * MIB, 64 * MIB, Ending.AT_ONCE);
    }

    @Test
    void oneGigabyteEachWay() throws Exception {
        transfer(Family.V4, Family.V4, GIB, GIB, Ending.CLIENT_FIRST);
    }

    @Test
    void hundredsAtOnce() throws Exception {
        int count = 400;
        Connections<Link> links = new Connections<>();
        List<Work> works = new ArrayList<>();
        long[] sizes = {0, 1, 1000, 20 * KIB, 100 * KIB, MIB};
        try (links) {
            for (int i = 0; i < count; i++) {
                Link link = links.add(rig.open(any(Family.values()), any(Family.values()), SluiceRig.SMALL_BLOCK));
                Ending ending = any(Ending.values());
                works.addAll(works(link, sizes[random.nextInt(6)], sizes[random.nextInt(6)], ending));
            }
            rig.workers.together(PATIENCE, works.toArray(Work[]::new));
        }
        long up = links.all().stream()
                .mapToLong(link -> link.upstream().received())
                .sum();
        long down =
                links.all().stream().mapToLong(link -> link.client().received()).sum();
        List<AccessLine> lines = rig.settle().subList(rig.connections() - count, rig.connections());
        assertEquals(up, lines.stream().mapToLong(AccessLine::up).sum());
        assertEquals(down, lines.stream().mapToLong(AccessLine::down).sum());
    }

    private <T> T any(T[] of) {
        return of[random.nextInt(of.length)];
    }

    /** Who writes its last bytes closes at once; the bytes and the end of the stream overtake each other's events. */
    @Test
    void lastBytesThenCloseAtOnce() throws Exception {
        for (int i = 0; i < 300; i++) {
            long size = 1L + random.nextInt(i % 3 == 0 ? 200_000 : 2000);
            try (Link link = rig.open(Family.V4, i % 2 == 0 ? Family.V4 : Family.UNIX)) {
                boolean up = i % 4 < 2;
                Wire from = up ? link.client() : link.upstream();
                Wire to = up ? link.upstream() : link.client();
                var sending = rig.workers.run(() -> {
                    from.send(size);
                    from.close();
                });
                assertEquals(End.EOF, to.receiveAll());
                assertEquals(size, to.received());
                Workers.await(sending);
            }
        }
    }

    /** The proxy accepts a connection whose client has sent all and gone already. */
    @ParameterizedTest
    @MethodSource("families")
    void allSaidBeforeTheProxyHasAccepted(Family client, Family upstream) throws Exception {
        for (long size : new long[] {0, 1, 50_000}) {
            try (Link link = rig.openBehindItsBack(client, upstream, wire -> {
                wire.send(size);
                wire.close();
            })) {
                assertEquals(End.EOF, link.upstream().receiveAll());
                assertEquals(size, link.upstream().received());
                link.upstream().finish();
                AccessLine line = link.log();
                assertEquals("client fin", line.end(), line::text);
                assertEquals(size, line.up(), line::text);
            }
        }
    }

    private void transfer(Family client, Family upstream, long up, long down, Ending ending) throws Exception {
        try (Link link = rig.open(client, upstream)) {
            rig.workers.together(PATIENCE, works(link, up, down, ending).toArray(Work[]::new));
            AccessLine line = link.log();
            assertEquals(up, line.up(), line::text);
            assertEquals(down, line.down(), line::text);
            assertTrue(ending.causes().contains(line.end()), line::text);
        }
    }

    /** What the four streams of a connection do, each on a thread of its own. */
    private List<Work> works(Link link, long up, long down, Ending ending) {
        CountDownLatch clientEnded = new CountDownLatch(ending == Ending.CLIENT_FIRST ? 1 : 0);
        CountDownLatch upstreamEnded = new CountDownLatch(ending == Ending.UPSTREAM_FIRST ? 1 : 0);
        IntSupplier upChunks = chunks(up);
        IntSupplier downChunks = chunks(down);
        return List.of(
                () -> send(link.client(), up, upChunks, upstreamEnded),
                () -> send(link.upstream(), down, downChunks, clientEnded),
                () -> receive(link.client(), down, upstreamEnded),
                () -> receive(link.upstream(), up, clientEnded));
    }

    /** Half of the stream, and the rest when the other one has ended. */
    private static void send(Wire wire, long size, IntSupplier chunks, CountDownLatch first) throws Exception {
        wire.send(size / 2, chunks);
        first.await();
        wire.send(size - size / 2, chunks);
        wire.finish();
    }

    private static void receive(Wire wire, long size, CountDownLatch ended) throws IOException {
        assertEquals(End.EOF, wire.receiveAll());
        assertEquals(size, wire.received());
        ended.countDown();
    }

    /** Sizes of writes: mostly large where there is much to write, so that it takes no time. */
    private IntSupplier chunks(long size) {
        Random own = new Random(random.nextLong());
        int small = size > 8 * MIB ? 200 : size > 100 * KIB ? 10 : 2;
        return () -> 1 + own.nextInt(own.nextInt(small) == 0 ? 2000 : SluiceRig.BIG_BLOCK);
    }
}
