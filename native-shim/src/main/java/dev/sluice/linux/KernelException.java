package dev.sluice.linux;

/** A system call was refused where that was not expected: {@code bind: address already in use (EADDRINUSE)}. */
public final class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    /**
     * @param call name of the C function, or what it was called for
     * @param errno positive, one of {@link Errno} or any other
     */
    public KernelException(String call, int errno) {
        super(call + ": " + Errno.describe(errno));
        this.call = call;
        this.errno = errno;
    }

    public String call() {
        return call;
    }

    /** Positive. */
    public int errno() {
        return errno;
    }
}
