package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
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

    static Descriptors of(long pid) throws IOException {
        int pipes = 0;
        int sockets = 0;
        Map<Integer, String> targets = targets(pid);
        for (Map.Entry<Integer, String> entry : targets.entrySet()) {
            String target = entry.getValue();
            boolean given = entry.getKey() <= 2;
            pipes += target.startsWith("pipe:") && !given ? 1 : 0;
            sockets += target.startsWith("socket:") ? 1 : 0;
        }
        return new Descriptors(targets.size(), pipes, sockets);
    }

    /** Descriptor to what it is, for example 12 to {@code socket:[4711]}. */
    static Map<Integer, String> targets(long pid) throws IOException {
        Map<Integer, String> targets = new TreeMap<>();
        try (Stream<Path> links = Files.list(Proc.file(pid, "fd"))) {
            for (Path link : links.toList()) {
                String target = target(link);
                if (!target.isEmpty()) {
                    targets.put(Integer.valueOf(link.getFileName().toString()), target);
                }
            }
        }
        return targets;
    }

    private static String target(Path link) throws IOException {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (NoSuchFileException closedMeanwhile) {
            return "";
        }
    }

    /** What is neither: files, epolls, eventfds. */
    private int others() {
        return total - sockets - pipes;
    }

    /** Whether {@link #assertKept} would pass. */
    boolean isKept(Descriptors now, int loops) {
        return now.sockets <= sockets && now.pipes - pipes <= loops * MOST_IDLE_PIPE_ENDS && others() == now.others();
    }

    /**
     * Fails unless a proxy without sessions has no more than these, which it began with, and pipes for reuse.
     *
     * @param loops how many loops may keep pipes
     */
    void assertKept(Descriptors now, int loops) {
        // Fewer, if the beginning was seen while the first checks were under way.
        assertTrue(now.sockets <= sockets, () -> "sockets: " + this + " -> " + now);
        assertTrue(now.pipes - pipes <= loops * MOST_IDLE_PIPE_ENDS, () -> this + " -> " + now);
        assertEquals(others(), now.others(), "other descriptors");
    }
}
