package dev.sluice.proxy.config;

/**
 * What bytes in flight are kept in; it cannot change while the proxy runs.
 *
 * @param pipeSize bytes asked for each pipe, 4 KiB … 1 GiB, and 16 pages at least; the kernel rounds up to a power of two pages
 *     and refuses the unprivileged more than /proc/sys/fs/pipe-max-size (pipe(7))
 * @param copyBuffer bytes of the buffer that the copy relay reads into, 1 KiB … 16 MiB
 * @param stashLimit bytes of memory that all loops together may use for what was read by copying and could not be written yet,
 *     64 KiB … 1 TiB; beyond that it stays in the sockets
 */
public record BufferSettings(int pipeSize, int copyBuffer, long stashLimit) {
    public static final int MIN_PIPE_SIZE = 4 << 10;
    public static final int MAX_PIPE_SIZE = 1 << 30;
    public static final int MIN_COPY_BUFFER = 1 << 10;
    public static final int MAX_COPY_BUFFER = 16 << 20;
    public static final long MIN_STASH_LIMIT = 64 << 10;
    public static final long MAX_STASH_LIMIT = 1L << 40;
    public static final long DEFAULT_STASH_LIMIT = 64 << 20;

    public static final BufferSettings DEFAULTS = new BufferSettings(256 << 10, 64 << 10);

    public BufferSettings {
        Checks.range("pipe-size", pipeSize, MIN_PIPE_SIZE, MAX_PIPE_SIZE);
        Checks.range("copy-buffer", copyBuffer, MIN_COPY_BUFFER, MAX_COPY_BUFFER);
        Checks.range("stash-limit", stashLimit, MIN_STASH_LIMIT, MAX_STASH_LIMIT);
    }

    /** With the default limit of stashes. */
    public BufferSettings(int pipeSize, int copyBuffer) {
        this(pipeSize, copyBuffer, DEFAULT_STASH_LIMIT);
    }
}
