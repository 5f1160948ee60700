package dev.sluice.linux;

/** Constants of splice(2) and the answer of {@link Kernel#pipe()} taken apart. */
public final class Pipes {
    /** Do not wait for the pipe. Sockets need O_NONBLOCK besides. */
    public static final int SPLICE_F_NONBLOCK = 2;

    /** Most that one splice may ask for: the kernel's MAX_RW_COUNT. */
    public static final long MAX_SPLICE = 0x7ffff000L;

    private Pipes() {}

    /** The end to read from. */
    public static int readEnd(long pipe) {
        return (int) (pipe >>> 32);
    }

    /** The end to write to. */
    public static int writeEnd(long pipe) {
        return (int) pipe;
    }
}
