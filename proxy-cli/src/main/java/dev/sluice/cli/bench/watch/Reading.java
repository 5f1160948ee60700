package dev.sluice.cli.bench.watch;

import java.util.Map;

/**
 * What some processes had used at one moment.
 *
 * @param cpuNanos processor time of the processes, all threads
 * @param userTicks of that, in user mode, in clock ticks; a ratio is all that it is good for
 * @param systemTicks of that, in the kernel
 * @param switches context switches, of each thread alive
 * @param machineNanos time that all CPUs together were busy
 * @param benchNanos processor time of the benchmark itself and all its processes
 * @param clientNanos of that, of the load's client
 * @param serverNanos of that, of the load's server; 0 where it is on another machine
 */
public record Reading(
        long cpuNanos,
        long userTicks,
        long systemTicks,
        Map<Long, Long> switches,
        long machineNanos,
        long benchNanos,
        long clientNanos,
        long serverNanos) {

    /** What was used from an earlier moment to this one. Threads that have ended meanwhile take their switches with them. */
    public Reading since(Reading earlier) {
        long switched = 0;
        for (Map.Entry<Long, Long> thread : switches.entrySet()) {
            switched += thread.getValue() - earlier.switches.getOrDefault(thread.getKey(), 0L);
        }
        return new Reading(
                cpuNanos - earlier.cpuNanos,
                userTicks - earlier.userTicks,
                systemTicks - earlier.systemTicks,
                Map.of(0L, switched),
                machineNanos - earlier.machineNanos,
                benchNanos - earlier.benchNanos,
                clientNanos - earlier.clientNanos,
                serverNanos - earlier.serverNanos);
    }

    /** Context switches of all threads. */
    public long totalSwitches() {
        return switches.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The part of the processor time that was spent in user mode, 0 … 1. */
    public double userPart() {
        long ticks = userTicks + systemTicks;
        return ticks == 0 ? 0 : (double) userTicks / ticks;
    }
}
