package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code pin}: where the loops run, as the kernel tells it. */
@Timeout(60)
class PinTest {
    private static final String[] RUN = {"run", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9"};

    private static String allowed(Path task) throws IOException {
        return Files.readAllLines(task.resolve("status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.replaceFirst(".*:\\s*", ""))
                .findFirst()
                .orElseThrow();
    }

    /** One that this process may use, and that is there: where this thread has just run (proc_pid_stat(5): processor). */
    private static String aCpu() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[36];
    }

    private static Map<String, String> loops(SluiceProcess sluice) throws IOException {
        Map<String, String> loops = new TreeMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + sluice.pid() + "/task"))) {
            for (Path task : tasks.toList()) {
                String name;
                String cpus;
                try {
                    name = Files.readString(task.resolve("comm")).strip();
                    cpus = allowed(task);
                } catch (IOException e) {
                    continue; // it has ended, as a thread that compiles may
                }
                if (name.startsWith("sluice-loop-") || name.equals("sluice-control")) {
                    loops.put(name, cpus);
                }
            }
        }
        return loops;
    }

    @Test
    void aLoopRunsWhereItIsToldTo() throws IOException {
        String cpu = aCpu();
        String all = allowed(Path.of("/proc/self"));
        try (SluiceProcess sluice =
                SluiceProcess.run("--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--threads", "1", "--pin", cpu)) {
            assertEquals(Map.of("sluice-control", all, "sluice-loop-0", cpu), loops(sluice));
            assertTrue(sluice.stderr().getFirst().endsWith(", pinned to CPU " + cpu + ")"), sluice::toString);
        }
    }

    /** One CPU can be used, and there is one loop. */
    @Test
    void autoGoesByWhatTheProcessMayUse() throws IOException {
        Machine.needs("taskset", "util-linux");
        String cpu = aCpu();
        try (SluiceProcess sluice = SluiceProcess.runUnder(
                List.of("taskset", "-c", cpu),
                Map.of("SLUICE_PIN", "auto"),
                "--listen",
                "127.0.0.1:0",
                "--to",
                "127.0.0.1:9")) {
            assertEquals(cpu, loops(sluice).get("sluice-loop-0"));
            sluice.awaitStderr("what auto does", line -> line.equals("sluice: pin auto: one loop on CPU " + cpu));
        }
        try (SluiceProcess sluice = SluiceProcess.runUnder(
                List.of("taskset", "-c", cpu),
                Map.of("SLUICE_PIN", "auto", "SLUICE_THREADS", "2"),
                "--listen",
                "127.0.0.1:0",
                "--to",
                "127.0.0.1:9")) {
            sluice.awaitStderr(
                    "why not",
                    line -> line.equals(
                            "sluice: pin auto is off: there is not one loop for each CPU, but 2 for 1 CPU"));
        }
    }

    @Test
    void aCpuThatMayNotBeUsedIsNoReasonToRunElsewhere() throws IOException {
        Machine.needs("taskset", "util-linux");
        String cpu = aCpu();
        try (SluiceProcess sluice = SluiceProcess.startUnder(
                List.of("taskset", "-c", cpu), Map.of("SLUICE_PIN", "1000", "SLUICE_THREADS", "1"), RUN)) {
            assertEquals(1, sluice.awaitExit());
            assertEquals(
                    List.of("sluice: cannot pin loops: this process may not use CPU 1000, only " + cpu
                            + " (taskset(1), cpuset(7))"),
                    sluice.stderr());
        }
    }
}
