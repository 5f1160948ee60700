package dev.sluice.tests.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What an output stream of a process has said so far, read by a thread of its own, and waiting for more of it. */
final class OutputLines {
    private final List<String> lines = new ArrayList<>();
    private final Object whose;
    private final Thread reader;

    /**
     * @param whose its words are in the message of whoever waits in vain
     */
    OutputLines(InputStream stream, String name, Object whose) {
        this.whose = whose;
        reader = Thread.ofPlatform().daemon().name(name).start(() -> read(stream));
    }

    private void read(InputStream stream) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            String line;
            while ((line = in.readLine()) != null) {
                synchronized (lines) {
                    lines.add(line);
                    lines.notifyAll();
                }
            }
        } catch (IOException endOfProcess) {
            return;
        } finally {
            synchronized (lines) {
                lines.notifyAll();
            }
        }
    }

    List<String> now() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    int size() {
        synchronized (lines) {
            return lines.size();
        }
    }

    void awaitEnd() throws InterruptedException {
        reader.join(SluiceProcess.PATIENCE);
    }

    /** The first line at or after line {@code from} that will do, once there is one. */
    String awaitLine(int from, String what, Predicate<String> wanted) {
        await(what, all -> all.stream().skip(from).anyMatch(wanted), SluiceProcess.PATIENCE);
        return now().stream().skip(from).filter(wanted).findFirst().orElseThrow();
    }

    /** Waits until all that was said so far will do. */
    void await(String what, Predicate<List<String>> wanted, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            synchronized (lines) {
                while (!wanted.test(lines)) {
                    long millis = (end - System.nanoTime()) / 1_000_000;
                    if (millis <= 0 || !reader.isAlive()) {
                        throw new AssertionError("waited in vain for " + what + ": " + whose);
                    }
                    lines.wait(Math.min(millis, 100));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
