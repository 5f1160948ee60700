package dev.sluice.linux;

/**
 * Constants of sending with MSG_ZEROCOPY (msg_zerocopy.rst of the kernel's documentation), and the answer of
 * {@link FileCalls#zeroCopyNotice} taken apart.
 */
public final class ZeroCopy {
    /** Of SOL_SOCKET: must be 1 before {@link #MSG_ZEROCOPY} means anything. */
    public static final int SO_ZEROCOPY = 60;

    /** send(2): refer to the caller's pages until a notice says that the kernel is done with them. ENOBUFS: too many are pending. */
    public static final int MSG_ZEROCOPY = 0x4000000;

    private static final long COPIED = 1L << 62;

    private ZeroCopy() {}

    static long notice(long completed, boolean copied) {
        return copied ? completed | COPIED : completed;
    }

    /** How many sends the notice is about, ≥ 1. */
    public static long completed(long notice) {
        return notice & ~COPIED;
    }

    /** Whether the kernel copied after all (SO_EE_CODE_ZEROCOPY_COPIED), as it does on loopback. */
    public static boolean copied(long notice) {
        return (notice & COPIED) != 0;
    }
}
