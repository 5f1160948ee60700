package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Family;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.Wire;
import dev.sluice.tests.testkit.Wire.End;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A session by chance: how much is sent either way, how long the receivers dawdle, and who breaks it off when, if anybody does.
 * Both ends are played in this process. The client begins with the episode's number, by which the server finds it.
 */
final class Episode {
    private static final int BLOCK = 16 << 10;
    private static final int FEW_BYTES_LOG2 = 20;
    /** What the sockets on the way hold of a stream that nobody reads; the rest stays in the relay. */
    private static final int MORE_THAN_BUFFERS_HOLD = 3 << 20;

    private static final int MOST_DAWDLING_MILLIS = 40;
    private static final int LATEST_BREAK_MILLIS = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final AtomicLong NUMBERS = new AtomicLong();
    /** Where the connections of the episodes that are being played are awaited. */
    private static final Map<Long, CompletableFuture<SocketChannel>> EXPECTED = new ConcurrentHashMap<>();

    private final long number = NUMBERS.incrementAndGet();
    private final Family clientFamily;
    private final Family upstreamFamily;
    private final Side client;
    private final Side upstream;
    private final @Nullable Side breaker;
    private final long breakMillis;
    private String ends = "";

    /** One end. */
    private static final class Side {
        final long bytes;
        final long dawdleMillis;
        volatile boolean mayHaveFinished;
        volatile long received;

        Side(Random random) {
            bytes = random.nextInt(4) == 0
                    ? MORE_THAN_BUFFERS_HOLD + random.nextInt(MORE_THAN_BUFFERS_HOLD)
                    : random.nextInt(1 << random.nextInt(FEW_BYTES_LOG2 + 1));
            dawdleMillis = random.nextBoolean() ? random.nextInt(MOST_DAWDLING_MILLIS) : 0;
        }
    }

    Episode(Random random) {
        clientFamily = any(random);
        upstreamFamily = any(random);
        client = new Side(random);
        upstream = new Side(random);
        int chance = random.nextInt(5);
        breaker = chance < 2 ? client : chance < 4 ? upstream : null;
        breakMillis = random.nextInt(LATEST_BREAK_MILLIS);
    }

    /** Mostly TCP over IPv4. */
    private static Family any(Random random) {
        int chance = random.nextInt(10);
        return chance == 0 ? Family.UNIX : chance < 3 ? Family.V6 : Family.V4;
    }

    boolean isBroken() {
        return breaker != null;
    }

    /** Its listener and its client in the words of the access log; none when that is a unix socket, which has no name. */
    String ends() {
        return ends;
    }

    /** Plays both ends, and fails if an end sees what it should not. */
    void play(SluiceRig rig) throws Exception {
        CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
        EXPECTED.put(number, accepted);
        try (SocketChannel channel = rig.connect(clientFamily, upstreamFamily);
                Wire near = new Wire(channel, 2 * number, 2 * number + 1, BLOCK)) {
            if (clientFamily.isTcp()) {
                // One port may be used towards two listeners at a time.
                ends = Addresses.text(channel.getRemoteAddress()) + " " + Addresses.text(channel.getLocalAddress());
            }
            channel.write(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
            SocketChannel other = accepted.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            try (Wire far = new Wire(other, 2 * number + 1, 2 * number, BLOCK)) {
                play(rig.workers, near, far);
            }
        } finally {
            EXPECTED.remove(number);
        }
    }

    /** Finds the episode that a connection belongs to. */
    static void answer(SocketChannel channel) throws IOException {
        ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
        while (number.hasRemaining()) {
            if (channel.read(number) < 0) {
                throw new AssertionError("a session without a number");
            }
        }
        CompletableFuture<SocketChannel> expected = EXPECTED.get(number.getLong(0));
        if (expected == null) {
            throw new AssertionError("a session that is not ours: " + number.getLong(0));
        }
        expected.complete(channel);
    }

    private void play(Workers workers, Wire near, Wire far) {
        Future<?> sendingUp = workers.run(() -> send(client, near));
        Future<?> sendingDown = workers.run(() -> send(upstream, far));
        Future<End> receivingDown = workers.start(() -> receive(client, near));
        Future<End> receivingUp = workers.start(() -> receive(upstream, far));
        Future<?> breaking = workers.run(() -> breakOff(near, far));
        Workers.await(breaking);
        Workers.await(sendingUp);
        Workers.await(sendingDown);
        check(client, near, Workers.await(receivingDown), upstream);
        check(upstream, far, Workers.await(receivingUp), client);
    }

    private void breakOff(Wire near, Wire far) throws Exception {
        if (breaker == null) {
            return;
        }
        Thread.sleep(breakMillis);
        Wire wire = breaker == client ? near : far;
        Family family = breaker == client ? clientFamily : upstreamFamily;
        if (family.isTcp()) {
            wire.reset();
        } else {
            wire.close();
        }
    }

    private void send(Side side, Wire wire) throws IOException {
        try {
            wire.send(side.bytes);
            side.mayHaveFinished = true;
            wire.finish();
        } catch (IOException e) {
            expectBreak(e);
        }
    }

    private End receive(Side side, Wire wire) throws Exception {
        Thread.sleep(side.dawdleMillis);
        try {
            return wire.receiveAll();
        } catch (IOException e) {
            expectBreak(e);
            return End.RESET;
        } finally {
            side.received = wire.received();
        }
    }

    private void expectBreak(IOException e) throws IOException {
        if (breaker == null) {
            throw e;
        }
    }

    private void check(Side side, Wire wire, End end, Side other) {
        if (breaker == null) {
            assertEquals(End.EOF, end, this::toString);
            assertEquals(other.bytes, wire.received(), this::toString);
        } else if (breaker == other && clientFamily.isTcp() && upstreamFamily.isTcp() && !other.mayHaveFinished) {
            assertEquals(End.RESET, wire.verdict(end), this::toString);
        }
        if (end == End.EOF && wire.verdict(end) == End.EOF && other != breaker) {
            assertTrue(side == breaker || wire.received() == other.bytes, this::toString);
        }
    }

    /** Fails unless the log has counted what the ends have seen. */
    void compare(AccessLine line) {
        long up = line.up() - Long.BYTES;
        if (breaker == null) {
            assertEquals(client.bytes, up, line::text);
            assertEquals(upstream.bytes, line.down(), line::text);
            assertTrue(line.end().endsWith(" fin"), line::text);
            return;
        }
        assertTrue(up >= upstream.received && up <= client.bytes, () -> line.text() + " " + this);
        assertTrue(line.down() >= client.received && line.down() <= upstream.bytes, () -> line.text() + " " + this);
        if (breaker == client && clientFamily.isTcp()) {
            assertEquals(upstream.received, up, () -> line.text() + " " + this);
        }
        if (breaker == upstream && upstreamFamily.isTcp()) {
            assertEquals(client.received, line.down(), () -> line.text() + " " + this);
        }
    }

    @Override
    public String toString() {
        String by = breaker == null ? "nobody" : breaker == client ? "the client" : "the upstream";
        return "episode " + number + ", " + clientFamily + " to " + upstreamFamily + ", up " + client.bytes + ", down "
                + upstream.bytes + ", broken by " + by + " after " + breakMillis + " ms";
    }
}
