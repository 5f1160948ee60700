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
        return of(pin, allowed(), loops);
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
            return new Placement(List.copyOf(cpus), "CPUs " + CpuList.format(cpus));
        }
        if (allowed.isEmpty()) {
            return new Placement(List.of(), "it is not known which CPUs this process may use");
        }
        // With fewer loops, others that share the machine and think alike would choose the same CPUs.
        if (loops != allowed.size()) {
            return new Placement(
                    List.of(), "there is not one loop for each CPU, but " + loops + " for " + allowed.size() + " CPUs");
        }
        return new Placement(allowed, "one loop on each of the CPUs " + CpuList.format(allowed));
    }

    /** The CPU of a loop; {@link #ANY}: it runs wherever the scheduler likes. */
    public int cpu(int loop) {
        return cpus.isEmpty() ? ANY : cpus.get(loop);
    }

    /** The CPUs that this process may use, by its affinity (sched_setaffinity(2)) and its cpuset; empty: not known. */
    static List<Integer> allowed() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith(ALLOWED)) {
                    return CpuList.parse(line.substring(ALLOWED.length()).strip());
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            // A machine with more CPUs than can be named, or a /proc that shows nothing: not known.
        }
        return List.of();
    }
}
