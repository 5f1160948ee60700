package dev.sluice.linux;

/**
 * What a thread has used (getrusage(2), RUSAGE_THREAD).
 *
 * @param userMicros CPU in user mode. The sum of both is exact; how it divides is sampled on kernels that count by ticks
 * @param systemMicros CPU in kernel mode
 * @param minorFaults page faults served without a disk
 * @param majorFaults page faults that read from a disk
 * @param diskBlocksRead blocks of 512 bytes that had to be read from a disk
 * @param waits voluntary context switches: the thread had to wait
 * @param preemptions involuntary ones: another was given the CPU
 */
public record ResourceUsage(
        long userMicros,
        long systemMicros,
        long minorFaults,
        long majorFaults,
        long diskBlocksRead,
        long waits,
        long preemptions) {

    /** What was used since an earlier look. */
    public ResourceUsage since(ResourceUsage earlier) {
        return new ResourceUsage(
                userMicros - earlier.userMicros,
                systemMicros - earlier.systemMicros,
                minorFaults - earlier.minorFaults,
                majorFaults - earlier.majorFaults,
                diskBlocksRead - earlier.diskBlocksRead,
                waits - earlier.waits,
                preemptions - earlier.preemptions);
    }
}
