package dev.sluice.cli.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** CPU time of the proxy's loops in this process: what the kernel says of their threads (Documentation/scheduler/sched-stats.rst). */
final class LoopTime {
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final String LOOP = "sluice-loop-";

    private LoopTime() {}

    /** Nanoseconds on a CPU so far, all loops together; −1 where the kernel keeps no such account. */
    static long nanos() {
        long sum = 0;
        try (Stream<Path> tasks = Files.list(TASKS)) {
            List<Path> all = tasks.toList();
            for (Path task : all) {
                if (name(task).startsWith(LOOP)) {
                    sum += Long.parseLong(
                            Files.readString(task.resolve("schedstat")).split(" ", 2)[0]);
                }
            }
            return sum;
        } catch (IOException | UncheckedIOException | NumberFormatException e) {
            return -1;
        }
    }

    /** A thread may end while we look. */
    private static String name(Path task) {
        try {
            return Files.readString(task.resolve("comm"));
        } catch (IOException e) {
            return "";
        }
    }
}
