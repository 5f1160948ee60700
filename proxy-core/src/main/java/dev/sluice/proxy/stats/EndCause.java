package dev.sluice.proxy.stats;

import dev.sluice.linux.Errno;
import java.util.Locale;

/** Why a session ended. This is also the one place that says which cause an errno is. */
public enum EndCause {
    /** Both directions ended in order, the client's end of stream first; or the client ended before an upstream had answered. */
    CLIENT_CLOSED,
    /** Both directions ended in order; the upstream's end of stream came first. */
    UPSTREAM_CLOSED,
    /** The client reset the connection. */
    CLIENT_RESET,
    /** The upstream reset the connection. */
    UPSTREAM_RESET,
    /** No endpoint could be connected to; the errno is the last one's. */
    CONNECT_FAILED,
    /** The last endpoint tried did not answer in time. */
    CONNECT_TIMEOUT,
    /** No byte crossed for the idle timeout. */
    IDLE_TIMEOUT,
    /** One direction had ended and no byte crossed in the other for the half-close timeout. */
    HALF_CLOSE_TIMEOUT,
    /** The session was as old as one may be. */
    AGE,
    /** Cut because the proxy stopped, or its endpoint was removed, and the drain time was up. */
    DRAINED,
    /** No endpoint took connections, for as long as it could be held; or cut because its endpoint went down, and is to have no sessions then. */
    DOWN,
    /** Every endpoint that took connections had as many as it may have, for as long as it could be waited; or another limit was reached. */
    LIMIT,
    /** Cut by hand. */
    ADMIN,
    /** Descriptors or kernel memory ran out. */
    NO_RESOURCES,
    /** A system call answered what it should not; the errno says what. */
    INTERNAL_ERROR;

    /**
     * Why no endpoint was connected to: what the last attempt ended with. ECONNABORTED stands for a loop that stops, EHOSTDOWN for an
     * endpoint that went down meanwhile.
     */
    public static EndCause ofConnect(int errno) {
        return switch (errno) {
            case Errno.ETIMEDOUT -> CONNECT_TIMEOUT;
            case Errno.ECONNABORTED -> DRAINED;
            case Errno.EHOSTDOWN -> DOWN;
            case Errno.EIO -> INTERNAL_ERROR;
            default -> isShortage(errno) ? NO_RESOURCES : CONNECT_FAILED;
        };
    }

    /**
     * Why a connected session broke.
     *
     * @param errno what the socket answered
     * @param client whether it was the client's socket
     */
    public static EndCause ofRelay(int errno, boolean client) {
        return switch (errno) {
            case Errno.EINVAL, Errno.EBADF, Errno.EIO, Errno.EPERM, Errno.ENOTSOCK, Errno.ENOSYS -> INTERNAL_ERROR;
            default -> isShortage(errno) ? NO_RESOURCES : client ? CLIENT_RESET : UPSTREAM_RESET;
        };
    }

    /** Whether the machine or this process is short of something that other sessions may give back. */
    public static boolean isShortage(int errno) {
        return switch (errno) {
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, Errno.ENOSPC -> true;
            default -> false;
        };
    }

    /** The name in log lines: lower case with dashes. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
