package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ContentionTest {
    private long delay;
    private int asked;
    private final Contention contention = new Contention(() -> {
        asked++;
        return delay;
    });

    @Test
    void whoHasToWaitForAProcessorFeelsIt() {
        assertFalse(contention.isFelt(0));
        delay += Contention.WINDOW_NANOS / 4;
        assertFalse(contention.isFelt(Contention.WINDOW_NANOS - 1), "it is too early to tell");
        assertTrue(contention.isFelt(Contention.WINDOW_NANOS));
    }

    @Test
    void aLittleWaitingIsNothing() {
        long now = 0;
        for (int i = 0; i < 100; i++) {
            assertFalse(contention.isFelt(now));
            now += Contention.WINDOW_NANOS;
            delay += Contention.WINDOW_NANOS / 7;
        }
        assertEquals(100, asked);
    }

    @Test
    void itBeginsAnewOnceItHasBeenToldOf() {
        contention.isFelt(0);
        delay += Contention.WINDOW_NANOS;
        assertTrue(contention.isFelt(Contention.WINDOW_NANOS));
        delay += Contention.WINDOW_NANOS; // while it did not spin
        assertFalse(contention.isFelt(2 * Contention.WINDOW_NANOS));
        assertFalse(contention.isFelt(3 * Contention.WINDOW_NANOS));
    }

    @Test
    void whatWasLongAgoSaysNothing() {
        contention.isFelt(0);
        delay += Contention.STALE_NANOS;
        assertFalse(contention.isFelt(Contention.STALE_NANOS + 1));
    }

    @Test
    void itAsksSeldom() {
        for (int i = 0; i < 1_000; i++) {
            contention.isFelt(i * Contention.WINDOW_NANOS / 100);
        }
        assertEquals(10, asked);
    }

    @Test
    void whereTheKernelDoesNotCountNothingIsFelt() {
        delay = -1;
        for (int i = 0; i < 10; i++) {
            assertFalse(contention.isFelt(i * Contention.WINDOW_NANOS));
        }
    }

    @Test
    void theSecondNumberIsTheDelay() {
        assertEquals(4711, second("123 4711 9\n"));
        assertEquals(0, second("0 0 0\n"));
        assertEquals(Long.MAX_VALUE, second("1 " + Long.MAX_VALUE + " 2\n"));
        assertEquals(-1, second(""));
        assertEquals(-1, second("123"));
        assertEquals(-1, second("123 "));
        assertEquals(-1, RunDelay.second(new byte[8], -1));
    }

    private static long second(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
        return RunDelay.second(bytes, bytes.length);
    }

    /** More threads that run than there are processors: the kernel lets this one wait. */
    @Test
    void theKernelCountsHowLongThisThreadWaits() throws InterruptedException, IOException {
        Path counts = Path.of("/proc/thread-self/schedstat");
        assumeTrue(
                Files.isReadable(counts) && !Files.readString(counts).startsWith("0 0 "),
                "the kernel does not count it");
        AtomicBoolean over = new AtomicBoolean();
        Thread[] others = new Thread[2 * Runtime.getRuntime().availableProcessors()];
        long processors;
        try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
            processors = lines.filter(line -> line.matches("cpu\\d.*")).count();
        }
        assumeTrue(others.length >= processors, "the machine has more processors than this process is told of");
        for (int i = 0; i < others.length; i++) {
            others[i] = Thread.ofPlatform().daemon().start(() -> {
                while (!over.get()) {
                    Thread.onSpinWait();
                }
            });
        }
        try (RunDelay mine = new RunDelay()) {
            long before = mine.getAsLong();
            assertTrue(before >= 0);
            long deadline = System.nanoTime() + 5_000_000_000L;
            while (mine.getAsLong() - before < 10_000_000 && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            long waited = mine.getAsLong() - before;
            assertTrue(waited >= 10_000_000, () -> waited + " ns");
        } finally {
            over.set(true);
            for (Thread other : others) {
                other.join();
            }
        }
    }
}
