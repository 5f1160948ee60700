package dev.sluice.cli.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.stream.Stream;

/** What proc(5) and the JVM tell of this process. What cannot be read is left out. */
final class ProcessFigures {
    private static final Path SELF = Path.of("/proc/self");
    /** USER_HZ, which is 100 wherever Linux runs on what Sluice runs on. */
    private static final double TICKS = 100;

    private ProcessFigures() {}

    static void add(Families families) {
        Runtime jvm = Runtime.getRuntime();
        String used = "Bytes of memory of the JVM that are used.";
        families.gauge("jvm_memory_used_bytes", used, jvm.totalMemory() - jvm.freeMemory(), "area", "heap");
        families.gauge(
                "jvm_memory_committed_bytes", "Bytes of memory that the JVM has.", jvm.totalMemory(), "area", "heap");
        families.gauge(
                "jvm_memory_max_bytes", "Bytes of memory that the JVM may have.", jvm.maxMemory(), "area", "heap");
        try {
            addStat(families);
            addDescriptors(families);
        } catch (IOException | NumberFormatException e) {
            return; // without proc(5)
        }
    }

    /** proc_pid_stat(5): fields count from 1, and those behind the name from 3. */
    private static void addStat(Families families) throws IOException {
        String stat = Files.readString(SELF.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        double cpu = (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
        families.counter("process_cpu_seconds", "Processor time, of user and system, in seconds.", cpu);
        families.gauge("process_threads", "Threads.", Long.parseLong(fields[17]));
        families.gauge("process_virtual_memory_bytes", "Virtual memory.", Long.parseLong(fields[20]));
        for (String line : Files.readAllLines(SELF.resolve("status"))) {
            if (line.startsWith("VmRSS:")) {
                families.gauge("process_resident_memory_bytes", "Resident memory.", 1024 * firstNumber(line));
            }
        }
        families.gauge(
                "process_start_time_seconds",
                "When the process started, Unix time.",
                ProcessHandle.current()
                                .info()
                                .startInstant()
                                .map(Instant::toEpochMilli)
                                .orElse(0L)
                        / 1e3);
    }

    private static void addDescriptors(Families families) throws IOException {
        try (Stream<Path> open = Files.list(SELF.resolve("fd"))) {
            families.gauge("process_open_fds", "Open descriptors.", open.count());
        }
        for (String line : Files.readAllLines(SELF.resolve("limits"))) {
            if (line.startsWith("Max open files") && !line.startsWith("unlimited", "Max open files".length())) {
                families.gauge("process_max_fds", "Descriptors that may be open.", firstNumber(line));
            }
        }
    }

    private static long firstNumber(String line) {
        return Long.parseLong(line.replaceFirst("^\\D*(\\d+).*$", "$1"));
    }
}
