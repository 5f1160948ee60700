package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LineQueueTest {
    private final Queue<String> told = new ConcurrentLinkedQueue<>();

    private LineQueue<Integer> queue(OutputStream out) {
        return new LineQueue<>(
                "test log",
                LineOutput.borrowed(out),
                (i, line) -> line.number(i).put('\n'),
                told::add);
    }

    /** Takes what it gets once it is opened. */
    private static final class Gate extends OutputStream {
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();

        @Override
        public void write(int b) {
            throw new AssertionError();
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            entered.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            written.write(bytes, from, count);
        }

        String text() {
            return written.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void everythingIsWrittenInOrder() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int count = LineQueue.CAPACITY / 2;
        StringBuilder expected = new StringBuilder();
        try (LineQueue<Integer> queue = queue(out)) {
            queue.offer(0);
            queue.start();
            for (int i = 1; i < count; i++) {
                queue.offer(i);
            }
        }
        for (int i = 0; i < count; i++) {
            expected.append(i).append('\n');
        }
        assertEquals(expected.toString(), out.toString(StandardCharsets.UTF_8));
        assertTrue(told.isEmpty(), told.toString());
    }

    @Test
    void theChoreIsDoneAgainWhenItIsDue() throws Exception {
        CountDownLatch done = new CountDownLatch(3);
        try (LineQueue<Integer> queue = new LineQueue<>(
                "test log",
                LineOutput.borrowed(new ByteArrayOutputStream()),
                (i, line) -> line.number(i).put('\n'),
                told::add,
                () -> {
                    done.countDown();
                    return done.getCount() > 0 ? 10_000_000 : 0;
                })) {
            queue.start();
            assertTrue(done.await(5, TimeUnit.SECONDS));
        }
    }

    @Test
    void aLineAfterSilenceIsWrittenSoon() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (LineQueue<Integer> queue = queue(out)) {
            queue.start();
            for (int i = 1; i <= 3; i++) {
                Thread.sleep(60);
                queue.offer(7);
                long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
                while (out.size() < 2 * i && System.nanoTime() < end) {
                    Thread.sleep(1);
                }
                assertEquals(2 * i, out.size());
            }
        }
    }

    @Test
    void aReaderThatDoesNotReadCostsLinesAndNoTime() throws Exception {
        Gate out = new Gate();
        int extra = 1_000;
        try (LineQueue<Integer> queue = queue(out)) {
            queue.start();
            queue.offer(7);
            assertTrue(out.entered.await(5, TimeUnit.SECONDS));
            for (int i = 0; i < LineQueue.CAPACITY + extra; i++) {
                queue.offer(i);
            }
            assertEquals(List.of("test log: lines are being lost: its reader is too slow"), List.copyOf(told));
            out.open.countDown();
        }
        assertEquals(
                "test log: " + extra + " lines were lost", List.copyOf(told).getLast());
        assertEquals(LineQueue.CAPACITY + 1, out.text().lines().count());
    }

    @Test
    void closingDoesNotWaitForEverAndCountsWhatIsLeft() throws Exception {
        Gate out = new Gate();
        LineQueue<Integer> queue = queue(out);
        queue.start();
        queue.offer(1);
        assertTrue(out.entered.await(5, TimeUnit.SECONDS));
        queue.offer(2);
        queue.offer(3);
        long start = System.nanoTime();
        queue.close(Duration.ofMillis(100));
        assertTrue(System.nanoTime() - start < Duration.ofSeconds(5).toNanos());
        assertEquals(List.of("test log: 2 lines were lost"), List.copyOf(told));
        out.open.countDown();
    }

    @Test
    void whatWasHandedInIsWrittenEvenIfItNeverStarted() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (LineQueue<Integer> queue = queue(out)) {
            queue.offer(7);
        }
        assertEquals("7\n", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whatCannotBeWrittenIsCountedAndTheNextIsTried() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CountDownLatch failed = new CountDownLatch(1);
        OutputStream failingOnce = new OutputStream() {
            @Override
            public void write(int b) {
                throw new AssertionError();
            }

            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
                if (failed.getCount() > 0) {
                    failed.countDown();
                    throw new IOException("Broken pipe");
                }
                out.write(bytes, from, count);
            }
        };
        try (LineQueue<Integer> queue = queue(failingOnce)) {
            queue.start();
            queue.offer(1);
            assertTrue(failed.await(5, TimeUnit.SECONDS));
            Thread.sleep(50);
            queue.offer(2);
        }
        assertEquals("2\n", out.toString(StandardCharsets.UTF_8));
        assertEquals(
                List.of("test log: lines are being lost: Broken pipe", "test log: 1 line was lost"), List.copyOf(told));
    }

    @Test
    void aLineThatCannotBeFormattedIsOneLineLost() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LineQueue<Integer> queue = new LineQueue<>(
                "test log",
                LineOutput.borrowed(out),
                (i, line) -> line.put("half").number(10 / i).put('\n'),
                told::add);
        try (queue) {
            queue.start();
            queue.offer(5);
            queue.offer(0);
            queue.offer(2);
        }
        assertEquals("half2\nhalf5\n", out.toString(StandardCharsets.UTF_8));
        assertTrue(List.copyOf(told).getLast().endsWith("1 line was lost"), told.toString());
    }

    /** Knows whether it was closed. */
    private static final class Closable implements LineOutput {
        private final CountDownLatch closed = new CountDownLatch(1);
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(byte[] lines, int length) {
            bytes.write(lines, 0, length);
        }

        @Override
        public void close() {
            closed.countDown();
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void redirectedLinesGoToTheNewOutputAndTheOldOneIsClosed() throws Exception {
        Closable first = new Closable();
        Closable second = new Closable();
        try (LineQueue<Integer> queue =
                new LineQueue<>("test log", first, (i, line) -> line.number(i).put('\n'), told::add)) {
            queue.start();
            queue.offer(1);
            long end = System.nanoTime() + 5_000_000_000L;
            while (first.text().isEmpty() && System.nanoTime() < end) {
                Thread.sleep(1);
            }
            queue.redirect(second, (i, line) -> line.put('<').number(i).put(">\n"));
            // Without another line: what rotates logs waits for that.
            assertTrue(first.closed.await(5, TimeUnit.SECONDS));
            queue.offer(2);
        }
        assertEquals("1\n", first.text());
        assertEquals("<2>\n", second.text());
        assertEquals(1, second.closed.getCount());
    }

    @Test
    void outputsThatWereRedirectedBeforeTheyWereUsedAreClosed() throws Exception {
        Gate stuck = new Gate();
        Closable skipped = new Closable();
        Closable last = new Closable();
        try (LineQueue<Integer> queue = queue(stuck)) {
            queue.start();
            queue.offer(1);
            assertTrue(stuck.entered.await(5, TimeUnit.SECONDS));
            queue.redirect(skipped, (i, line) -> line.put("skipped"));
            queue.redirect(last, (i, line) -> line.number(i));
            assertTrue(skipped.closed.await(0, TimeUnit.SECONDS));
            queue.offer(2);
            stuck.open.countDown();
        }
        assertEquals("", skipped.text());
        assertEquals("2", last.text());
        assertEquals("1\n", stuck.text());
    }
}
