package dev.sluice.proxy.cpu;

import dev.sluice.proxy.config.CpuList;
import dev.sluice.proxy.config.Pin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Which CPU each loop is pinned to.
 *
 * @param cpus of loop 0, 1, …; empty: they are not pinned
 * @param reason in words
 */
public record Placement(List<Integer> cpus, String reason) {
    private static final String ALLOWED = "Cpus_allowed_list:";

    /** A loop that is not pinned. */
    public static final int ANY = -1;

    /**
     * Of this process.
     *
     * @throws IllegalArgumentException when it may not use a CPU that was asked for, with those that it may
     */
    public static Placement here(Pin pin, int loops) {
        return of(pin, pin.isOff() ? List.of() : allowed(), loops); // by default nobody asks, and no file is read
    }

    /**
     * @param allowed the CPUs that this process may use; empty: not known
     * @param loops of this process
     */
    static Placement of(Pin pin, List<Integer> allowed, int loops) {
        if (pin.isOff()) {
            return new Placement(List.of(), "it is off");
        }
        if (!pin.auto()) {
            List<Integer> cpus = pin.cpus().subList(0, loops);
            for (int cpu : cpus) {
                if (!allowed.isEmpty() && !allowed.contains(cpu)) {
                    throw new IllegalArgumentException("this process may not use CPU " + cpu + ", only "
                            + CpuList.format(allowed) + " (taskset(1), cpuset(7))");
                }
            }
            return new Placement(List.copyOf(cpus), CpuList.words(cpus));
        }
        if (allowed.isEmpty()) {
            return new Placement(List.of(), "it is not known which CPUs this process may use");
        }
        // With fewer loops, others that share the machine and think alike would choose the same CPUs.
        if (loops != allowed.size()) {
            return new Placement(
                    List.of(),
                    "there is not one loop for each CPU, but " + loops + " for " + allowed.size()
                            + (allowed.size() == 1 ? " CPU" : " CPUs"));
        }
        return new Placement(
                allowed, (loops == 1 ? "one loop on " : "one loop on each of the ") + CpuList.words(allowed));
    }

    /** The CPU of a loop; {@link #ANY}: it runs wherever the scheduler likes. */
    public int cpu(int loop) {
        return cpus.isEmpty() ? ANY : cpus.get(loop);
    }

    /** The CPUs that this process may use, by its affinity (sched_setaffinity(2)) and its cpuset; empty: not known. */
    public static List<Integer> allowed() {
        return allowed(Path.of("/proc/self/status"), Path.of("/sys/devices/system/cpu/online"));
    }

    /**
     * @param status as proc_pid_status(5) has it; without a cpuset it lists all CPUs that the machine may ever have
     * @param online those that it has now; where there is no such file, it is gone by the first alone
     */
    static List<Integer> allowed(Path status, Path online) {
        List<Integer> allowed = List.of();
        for (String line : lines(status)) {
            if (line.startsWith(ALLOWED)) {
                allowed = cpus(line.substring(ALLOWED.length()));
            }
        }
        List<Integer> there =
                lines(online).stream().findFirst().map(Placement::cpus).orElse(List.of());
        return there.isEmpty()
                ? allowed
                : allowed.stream().filter(there::contains).toList();
    }

    private static List<Integer> cpus(String list) {
        try {
            return CpuList.parse(list.strip());
        } catch (IllegalArgumentException e) {
            return List.of(); // more of them than can be named
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of(); // a /proc or a /sys that shows nothing
        }
    }
}
