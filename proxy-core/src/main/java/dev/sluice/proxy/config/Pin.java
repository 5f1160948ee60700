package dev.sluice.proxy.config;

import java.util.HashSet;
import java.util.List;

/**
 * Which CPU each loop runs on.
 *
 * @param auto whether each has one of its own, where there are as many loops as CPUs
 * @param cpus of loop 0, 1, …, no two the same; there may be more than loops; empty = not told
 */
public record Pin(boolean auto, List<Integer> cpus) {
    /** Wherever the scheduler likes. */
    public static final Pin OFF = new Pin(false, List.of());

    /** Each on its own, where there are as many loops as CPUs. */
    public static final Pin AUTO = new Pin(true, List.of());

    public Pin {
        cpus = List.copyOf(cpus);
        cpus.forEach(cpu -> Checks.range("pin", cpu, 0, CpuList.MAX));
        if (new HashSet<>(cpus).size() < cpus.size()) {
            throw new IllegalArgumentException(
                    "'" + CpuList.format(cpus) + "' has a CPU twice; each loop needs its own");
        }
    }

    /** One CPU for each loop, in order. */
    public static Pin to(List<Integer> cpus) {
        return new Pin(false, cpus);
    }

    /** Whether there is a CPU for each of so many loops, or none is named. */
    public boolean suits(int loops) {
        return cpus.isEmpty() || cpus.size() >= loops;
    }

    /** Whether loops run wherever the scheduler likes. */
    public boolean isOff() {
        return !auto && cpus.isEmpty();
    }

    @Override
    public String toString() {
        return auto ? "auto" : isOff() ? "off" : CpuList.format(cpus);
    }
}
