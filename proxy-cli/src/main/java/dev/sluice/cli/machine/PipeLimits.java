package dev.sluice.cli.machine;

/**
 * How much of pipes a user may have (pipe(7)).
 *
 * @param pageSize bytes of a page, and so of a slot
 * @param maxSize fs.pipe-max-size: most bytes of one pipe of a process without CAP_SYS_RESOURCE
 * @param softPages fs.pipe-user-pages-soft: pages of all pipes of one uid; beyond it a new pipe has two slots and none can grow;
 *     0 = no limit
 * @param hardPages fs.pipe-user-pages-hard: beyond it pipe(2) fails; 0 = no limit
 * @param sizeExempt whether the process is free of maxSize
 * @param pagesExempt whether it is free of both others
 */
public record PipeLimits(
        long pageSize, long maxSize, long softPages, long hardPages, boolean sizeExempt, boolean pagesExempt) {
    private static final int DEFAULT_SLOTS = 16;
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_SYS_RESOURCE = 24;

    /** The defaults of the kernel stand in for what cannot be read. */
    public static PipeLimits of(Proc proc, long pageSize) {
        boolean resource = (proc.capabilities() >>> CAP_SYS_RESOURCE & 1) == 1;
        boolean admin = (proc.capabilities() >>> CAP_SYS_ADMIN & 1) == 1;
        return new PipeLimits(
                pageSize,
                proc.number("sys/fs/pipe-max-size", 1 << 20),
                proc.number("sys/fs/pipe-user-pages-soft", 16_384),
                proc.number("sys/fs/pipe-user-pages-hard", 0),
                resource,
                resource || admin);
    }

    /** What the kernel makes of a size: a power of two pages. */
    public long rounded(long size) {
        long pages = Math.max(1, (size + pageSize - 1) / pageSize);
        long power = Long.highestOneBit(pages);
        return (power == pages ? power : power * 2) * pageSize;
    }

    /** Whether a pipe may be of this size. */
    public boolean allows(long size) {
        return sizeExempt || rounded(size) <= maxSize;
    }

    /** The size that a pipe has for which this one was asked: too large a one leaves it as it was made, with 16 slots. */
    public long granted(long size) {
        return allows(size) ? rounded(size) : Math.min(DEFAULT_SLOTS * pageSize, maxSize);
    }

    /** The same limits, for a process without privileges. */
    public PipeLimits unprivileged() {
        return new PipeLimits(pageSize, maxSize, softPages, hardPages, false, false);
    }

    /** How many pipes of this size all processes of the uid may have together; {@link Long#MAX_VALUE} without a limit. */
    public long pipes(long size) {
        long pages = softPages;
        if (pages == 0 || (hardPages != 0 && hardPages < pages)) {
            pages = hardPages;
        }
        return pagesExempt || pages == 0 ? Long.MAX_VALUE : pages / (rounded(size) / pageSize);
    }
}
