package dev.sluice.tests.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What /proc tells of a process (proc(5)). */
final class Proc {
    private Proc() {}

    /** How many threads it has now. */
    static int threads(long pid) {
        try (Stream<Path> tasks = Files.list(file(pid, "task"))) {
            return (int) tasks.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The processor time that it has used, in clock ticks of 10 ms (proc_pid_stat(5): utime + stime). */
    static long cpuTicks(long pid) {
        try {
            String stat = Files.readString(file(pid, "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its memory that is resident now, KiB (proc_pid_status(5): VmRSS). */
    static long residentKib(long pid) {
        try (Stream<String> lines = Files.lines(file(pid, "status"))) {
            String line =
                    lines.filter(one -> one.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether every thread has been stopped by a signal. */
    static boolean isStopped(long pid) {
        try (Stream<Path> tasks = Files.list(file(pid, "task"))) {
            for (Path task : tasks.toList()) {
                String stat = Files.readString(task.resolve("stat"));
                if (!stat.startsWith("T ", stat.lastIndexOf(')') + 2)) {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException endedMeanwhile) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether it has not ended yet; one that its parent has not asked for (a zombie) has. */
    static boolean runs(long pid) {
        try {
            String stat = Files.readString(file(pid, "stat"));
            return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
        } catch (IOException ended) {
            return false;
        }
    }

    /** Sends a signal by its name without {@code SIG}. */
    static void signal(long pid, String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
            if (!kill.waitFor(SluiceProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new AssertionError("could not send " + name + " to " + pid);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    static Path file(long pid, String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }
}
