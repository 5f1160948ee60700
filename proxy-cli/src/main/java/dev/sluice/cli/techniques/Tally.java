package dev.sluice.cli.techniques;

import dev.sluice.linux.Errno;

/** What a technique counts of itself while it sends: every system call at the place where it is made. */
final class Tally {
    private long calls;
    private long intoUser;
    private long outOfUser;
    private long cpuCopied;
    private long zeroCopySends;
    private long zeroCopyCopied;

    /** Counts a call; what it answered, if that was no refusal. */
    long call(long result, String name) {
        calls++;
        return Errno.check(result, name);
    }

    /** Counts a call that answers an int. */
    int call(int result, String name) {
        return (int) call((long) result, name);
    }

    /** Counts a call whose refusal is one of the answers. */
    long tried(long result) {
        calls++;
        return result;
    }

    /** The kernel copied these into a buffer of the process. */
    void copiedIn(long bytes) {
        intoUser += bytes;
        cpuCopied += bytes;
    }

    /** A device wrote these into a buffer of the process. */
    void transferredIn(long bytes) {
        intoUser += bytes;
    }

    /** These were copied out of memory of the process. */
    void copiedOut(long bytes) {
        outOfUser += bytes;
        cpuCopied += bytes;
    }

    /** Sends whose notice has come. */
    void zeroCopy(long sends, boolean copied) {
        zeroCopySends += sends;
        zeroCopyCopied += copied ? sends : 0;
    }

    long calls() {
        return calls;
    }

    long intoUser() {
        return intoUser;
    }

    long outOfUser() {
        return outOfUser;
    }

    long cpuCopied() {
        return cpuCopied;
    }

    long zeroCopySends() {
        return zeroCopySends;
    }

    long zeroCopyCopied() {
        return zeroCopyCopied;
    }
}
