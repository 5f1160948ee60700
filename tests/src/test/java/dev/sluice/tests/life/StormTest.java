package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Descriptors;
import dev.sluice.tests.testkit.Family;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Timeout;

/** Thousands of short connections that begin and end in every way, some before the proxy has looked at them. */
@Timeout(120)
class StormTest {
    private static final int AT_A_TIME = 32;
    private static final int CONNECTIONS = 3000;
    private static final int MOST_BYTES = 20_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte ECHO = 0;
    private static final byte ANSWER_AND_CLOSE = 1;

    /** What a client does with its connection. */
    enum Manner {
        /** Sends, ends its stream, and reads its echo to the end. */
        HALF_CLOSE,
        /** Sends, reads its echo, and closes. */
        CLOSE,
        /** Sends, and reads until the server has closed. */
        SERVER_CLOSES,
        /** Closes without a word. */
        SILENT,
        /** Breaks off without a word. */
        SILENT_RESET,
        /** Sends, and breaks off. */
        RESET;

        boolean isOrderly() {
            return this != SILENT_RESET && this != RESET;
        }
    }

    private final LongAdder up = new LongAdder();
    private final LongAdder down = new LongAdder();
    private final LongAdder orderly = new LongAdder();

    @Relays
    void leavesNothingBehind(Relay relay) throws Exception {
        try (SluiceRig rig = SluiceRig.start(relay)) {
            rig.serve(StormTest::echo);
            round(rig, relay + " 1");
            Descriptors first = rig.sluice().descriptors();
            int threads = rig.sluice().threads();
            round(rig, relay + " 2");
            Descriptors second = rig.sluice().descriptors();
            assertEquals(first.sockets(), second.sockets());
            // No more than so many sessions could use at a time: a pipe for each direction, two ends each.
            assertTrue(second.pipes() <= AT_A_TIME * 2 * 2, () -> first + " -> " + second);
            assertTrue(rig.sluice().threads() <= threads + 2); // compilers of the JVM come and go
        }
    }

    private void round(SluiceRig rig, String name) {
        up.reset();
        down.reset();
        orderly.reset();
        int logged = rig.sluice().logged();
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < AT_A_TIME; i++) {
            Random random = Chance.of("StormTest " + name + " " + i);
            clients.add(rig.workers.run(() -> {
                for (int n = 0; n < CONNECTIONS / AT_A_TIME; n++) {
                    connect(rig, random);
                }
            }));
        }
        Workers.awaitAll(clients, PATIENCE);
        List<AccessLine> all = rig.settle();
        List<AccessLine> lines = all.subList(logged, all.size());
        // Who closes or breaks off with an echo on its way to it is a reset; what is counted here ended in order.
        List<AccessLine> closed =
                lines.stream().filter(line -> line.end().endsWith(" fin")).toList();
        lines.forEach(
                line -> assertTrue(line.end().endsWith(" fin") || line.end().equals("client reset"), line::text));
        assertEquals(orderly.sum(), closed.size(), "sessions that ended in order");
        assertEquals(up.sum(), closed.stream().mapToLong(AccessLine::up).sum(), "bytes up");
        assertEquals(down.sum(), closed.stream().mapToLong(AccessLine::down).sum(), "bytes down");
    }

    private void connect(SluiceRig rig, Random random) throws IOException {
        Family client = random.nextInt(4) == 0 ? Family.V6 : Family.V4;
        Family upstream = random.nextInt(4) == 0 ? Family.UNIX : Family.V4;
        Manner manner = Manner.values()[random.nextInt(Manner.values().length)];
        int bytes = 1 + random.nextInt(MOST_BYTES);
        try (SocketChannel channel = rig.connect(client, upstream)) {
            ByteBuffer message = ByteBuffer.allocate(bytes);
            message.put(0, manner == Manner.SERVER_CLOSES ? ANSWER_AND_CLOSE : ECHO);
            switch (manner) {
                case HALF_CLOSE -> {
                    write(channel, message);
                    channel.shutdownOutput();
                    assertEquals(bytes, readToEnd(channel));
                }
                case CLOSE -> {
                    write(channel, message);
                    read(channel, bytes);
                }
                case SERVER_CLOSES -> {
                    write(channel, message.limit(1));
                    assertEquals(1, readToEnd(channel));
                }
                case SILENT -> {}
                case SILENT_RESET -> channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                case RESET -> {
                    write(channel, message);
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                }
            }
            if (manner.isOrderly()) {
                orderly.increment();
                int counted = manner == Manner.SILENT ? 0 : message.limit();
                up.add(counted);
                down.add(counted);
            }
        }
    }

    private static void echo(SocketChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(MOST_BYTES);
        try (channel) {
            boolean first = true;
            while (channel.read(buffer.clear()) >= 0) {
                boolean last = first && buffer.get(0) == ANSWER_AND_CLOSE;
                first = false;
                write(channel, buffer.flip());
                if (last) {
                    return;
                }
            }
        }
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static int readToEnd(SocketChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(MOST_BYTES);
        int sum = 0;
        int n;
        while ((n = channel.read(buffer.clear())) >= 0) {
            sum += n;
        }
        return sum;
    }

    private static void read(SocketChannel channel, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new AssertionError("end of stream after " + buffer.position() + " bytes of " + bytes);
            }
        }
    }
}
