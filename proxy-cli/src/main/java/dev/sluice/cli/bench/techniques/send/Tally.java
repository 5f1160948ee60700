package dev.sluice.cli.bench.techniques.send;

import dev.sluice.linux.Errno;

/** What a technique counts of itself while it sends: every system call at the place where it is made. */
public final class Tally {
    private long calls;
    private long intoUser;
    private long outOfUser;
    private long cpuCopied;
    private long zeroCopySends;
    private long zeroCopyCopied;

    /** Counts a call; what it answered, if that was no refusal. */
    public long call(long result, String name) {
        calls++;
        return Errno.check(result, name);
    }

    /** Counts a call that answers an int. */
    public int call(int result, String name) {
        return (int) call((long) result, name);
    }

    /** Counts a call whose refusal is one of the answers. */
    public long tried(long result) {
        calls++;
        return result;
    }

    /** The kernel copied these into a buffer of the process. */
    public void copiedIn(long bytes) {
        intoUser += bytes;
        cpuCopied += bytes;
    }

    /** A device wrote these into a buffer of the process. */
    public void transferredIn(long bytes) {
        intoUser += bytes;
    }

    /** These were copied out of memory of the process. */
    public void copiedOut(long bytes) {
        outOfUser += bytes;
        cpuCopied += bytes;
    }

    /** Sends whose notice has come. */
    public void zeroCopy(long sends, boolean copied) {
        zeroCopySends += sends;
        zeroCopyCopied += copied ? sends : 0;
    }

    public long calls() {
        return calls;
    }

    public long intoUser() {
        return intoUser;
    }

    public long outOfUser() {
        return outOfUser;
    }

    public long cpuCopied() {
        return cpuCopied;
    }

    public long zeroCopySends() {
        return zeroCopySends;
    }

    public long zeroCopyCopied() {
        return zeroCopyCopied;
    }
}
