package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.techniques.send.Tally;
import dev.sluice.linux.ResourceUsage;

/**
 * What one round of a technique cost.
 *
 * @param bytes sent
 * @param nanos from the first call to the arrival of the last byte
 * @param used by the sending thread
 */
record Round(long bytes, long nanos, ResourceUsage used, Tally tally) {
    private static final double MIB = 1 << 20;
    private static final double GIB = 1 << 30;
    private static final double MICROS = 1e6;
    private static final double DISK_BLOCK = 512;

    double mibPerSecond() {
        return bytes / MIB / (nanos / 1e9);
    }

    double userPerGib() {
        return used.userMicros() / MICROS / (bytes / GIB);
    }

    double systemPerGib() {
        return used.systemMicros() / MICROS / (bytes / GIB);
    }

    double cpuPerGib() {
        return userPerGib() + systemPerGib();
    }

    double callsPerMib() {
        return tally.calls() / (bytes / MIB);
    }

    double crossingsPerMib() {
        return 2 * callsPerMib();
    }

    double crossingsPerChunk(int chunk) {
        return 2.0 * tally.calls() * chunk / bytes;
    }

    double faultsPerMib() {
        return (used.minorFaults() + used.majorFaults()) / (bytes / MIB);
    }

    double waitsPerGib() {
        return used.waits() / (bytes / GIB);
    }

    double preemptionsPerGib() {
        return used.preemptions() / (bytes / GIB);
    }

    /** How often each byte was copied by the CPU into or out of user space. */
    double cpuCopies() {
        return tally.cpuCopied() / (double) bytes;
    }

    /** How often each byte came into a buffer of the process. */
    double intoUser() {
        return tally.intoUser() / (double) bytes;
    }

    /** How often each byte left memory of the process by being copied. */
    double outOfUser() {
        return tally.outOfUser() / (double) bytes;
    }

    /** How often each byte was read from a disk. */
    double diskReads() {
        return used.diskBlocksRead() * DISK_BLOCK / bytes;
    }
}
