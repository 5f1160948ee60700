package dev.sluice.linux;

/** Error numbers of errno(3), equal on x86-64 and aarch64, with names and texts for people. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ELOOP = 40;
    public static final int EPROTO = 71;
    public static final int EOVERFLOW = 75;
    public static final int ENOTSOCK = 88;
    public static final int EDESTADDRREQ = 89;
    public static final int EMSGSIZE = 90;
    public static final int EPROTOTYPE = 91;
    public static final int ENOPROTOOPT = 92;
    public static final int EPROTONOSUPPORT = 93;
    public static final int ESOCKTNOSUPPORT = 94;
    public static final int EOPNOTSUPP = 95;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ENETRESET = 102;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int EISCONN = 106;
    public static final int ENOTCONN = 107;
    public static final int ESHUTDOWN = 108;
    public static final int ETOOMANYREFS = 109;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTDOWN = 112;
    public static final int EHOSTUNREACH = 113;
    public static final int EALREADY = 114;
    public static final int EINPROGRESS = 115;
    public static final int ECANCELED = 125;

    private static final int SIZE = 134;
    private static final String[] NAMES = new String[SIZE];
    private static final String[] TEXTS = new String[SIZE];

    static {
        put(EPERM, "EPERM", "operation not permitted");
        put(ENOENT, "ENOENT", "no such file or directory");
        put(EINTR, "EINTR", "interrupted system call");
        put(EIO, "EIO", "input/output error");
        put(EBADF, "EBADF", "bad file descriptor");
        put(EAGAIN, "EAGAIN", "resource temporarily unavailable");
        put(ENOMEM, "ENOMEM", "out of memory");
        put(EACCES, "EACCES", "permission denied");
        put(EFAULT, "EFAULT", "bad address");
        put(EBUSY, "EBUSY", "device or resource busy");
        put(EEXIST, "EEXIST", "already exists");
        put(ENODEV, "ENODEV", "no such device");
        put(ENOTDIR, "ENOTDIR", "not a directory");
        put(EINVAL, "EINVAL", "invalid argument");
        put(ENFILE, "ENFILE", "too many open files in the system");
        put(EMFILE, "EMFILE", "too many open files in this process");
        put(ENOTTY, "ENOTTY", "not possible for this kind of descriptor");
        put(ENOSPC, "ENOSPC", "no space left");
        put(EROFS, "EROFS", "read-only file system");
        put(EPIPE, "EPIPE", "broken pipe");
        put(ENAMETOOLONG, "ENAMETOOLONG", "name too long");
        put(ENOSYS, "ENOSYS", "system call not available");
        put(ELOOP, "ELOOP", "too many symbolic links");
        put(EPROTO, "EPROTO", "protocol error");
        put(EOVERFLOW, "EOVERFLOW", "value too large");
        put(ENOTSOCK, "ENOTSOCK", "not a socket");
        put(EDESTADDRREQ, "EDESTADDRREQ", "destination address required");
        put(EMSGSIZE, "EMSGSIZE", "message too long");
        put(EPROTOTYPE, "EPROTOTYPE", "wrong protocol type for this socket");
        put(ENOPROTOOPT, "ENOPROTOOPT", "socket option not available");
        put(EPROTONOSUPPORT, "EPROTONOSUPPORT", "protocol not supported");
        put(ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT", "socket type not supported");
        put(EOPNOTSUPP, "EOPNOTSUPP", "operation not supported");
        put(EAFNOSUPPORT, "EAFNOSUPPORT", "address family not supported");
        put(EADDRINUSE, "EADDRINUSE", "address already in use");
        put(EADDRNOTAVAIL, "EADDRNOTAVAIL", "address not available on this machine");
        put(ENETDOWN, "ENETDOWN", "network is down");
        put(ENETUNREACH, "ENETUNREACH", "network is unreachable");
        put(ENETRESET, "ENETRESET", "connection dropped by the network");
        put(ECONNABORTED, "ECONNABORTED", "connection aborted");
        put(ECONNRESET, "ECONNRESET", "connection reset by peer");
        put(ENOBUFS, "ENOBUFS", "no buffer space available");
        put(EISCONN, "EISCONN", "already connected");
        put(ENOTCONN, "ENOTCONN", "not connected");
        put(ESHUTDOWN, "ESHUTDOWN", "socket is shut down");
        put(ETOOMANYREFS, "ETOOMANYREFS", "too many references");
        put(ETIMEDOUT, "ETIMEDOUT", "connection timed out");
        put(ECONNREFUSED, "ECONNREFUSED", "connection refused");
        put(EHOSTDOWN, "EHOSTDOWN", "host is down");
        put(EHOSTUNREACH, "EHOSTUNREACH", "no route to host");
        put(EALREADY, "EALREADY", "connection attempt already in progress");
        put(EINPROGRESS, "EINPROGRESS", "connection attempt in progress");
        put(ECANCELED, "ECANCELED", "operation cancelled");
    }

    private Errno() {}

    private static void put(int errno, String name, String text) {
        NAMES[errno] = name;
        TEXTS[errno] = text;
    }

    private static boolean known(int errno) {
        return errno > 0 && errno < SIZE && NAMES[errno] != null;
    }

    /**
     * {@code ECONNRESET}; {@code errno 4711} where there is no name here.
     *
     * @param errno positive
     */
    public static String name(int errno) {
        return known(errno) ? NAMES[errno] : "errno " + errno;
    }

    /**
     * {@code connection reset by peer (ECONNRESET)}; {@code errno 4711} where there is no name here.
     *
     * @param errno positive
     */
    public static String describe(int errno) {
        return known(errno) ? TEXTS[errno] + " (" + NAMES[errno] + ")" : name(errno);
    }

    /**
     * For cold paths, where a refusal is not part of the plan.
     *
     * @param result what a {@link Kernel} call answered
     * @param call the name of that call, for the message
     * @return {@code result}
     * @throws KernelException when it is negative
     */
    public static long check(long result, String call) {
        if (result < 0) {
            throw new KernelException(call, (int) -result);
        }
        return result;
    }

    /** {@link #check(long, String)} for the calls that answer an int. */
    public static int check(int result, String call) {
        return (int) check((long) result, call);
    }
}
