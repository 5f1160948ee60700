package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a process has open (proc_pid_fd(5)).
 *
 * @param total all descriptors
 * @param pipes ends of pipes; the three that a process is started with are not counted
 * @param sockets sockets, of listeners too
 */
public record Descriptors(int total, int pipes, int sockets) {
    /** Ends of pipes that a loop of an idle proxy may keep for reuse: 64 pipes, two ends each. */
    private static final int MOST_IDLE_PIPE_ENDS = 64 * 2;

    static Descriptors of(long pid) {
        int total = 0;
        int pipes = 0;
        int sockets = 0;
        try (Stream<Path> links = Files.list(Proc.file(pid, "fd"))) {
            for (Path link : links.toList()) {
                String target = target(link);
                boolean given = Integer.parseInt(link.getFileName().toString()) <= 2;
                total += target.isEmpty() ? 0 : 1;
                pipes += target.startsWith("pipe:") && !given ? 1 : 0;
                sockets += target.startsWith("socket:") ? 1 : 0;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Descriptors(total, pipes, sockets);
    }

    private static String target(Path link) throws IOException {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (NoSuchFileException closedMeanwhile) {
            return "";
        }
    }

    /**
     * Fails unless a proxy without sessions has no more than these, which it began with, and pipes for reuse.
     *
     * @param loops how many loops may keep pipes
     */
    void assertKept(Descriptors now, int loops) {
        assertEquals(sockets, now.sockets, "sockets");
        assertTrue(now.pipes - pipes <= loops * MOST_IDLE_PIPE_ENDS, () -> this + " -> " + now);
        assertEquals(total - sockets - pipes, now.total - now.sockets - now.pipes, "other descriptors");
    }
}
