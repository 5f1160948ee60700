package dev.sluice.proxy.stats;

import dev.sluice.linux.Errno;
import java.util.Locale;

/**
 * Who ended a session, and how: the words of log lines and metrics. This is also the one place that says which cause an errno is.
 *
 * <p>A connection that is turned away at once ends with {@link #REFUSED} or {@link #LIMIT}, and with a {@link Refusal}. One that has been
 * tried to connect, or has waited, was not refused, whatever it ended with.
 */
public enum EndCause {
    /** Both directions ended in order, the client's end of stream first; or the client ended before an upstream had answered. */
    CLIENT_CLOSED(Who.CLIENT, "fin"),
    /** Both directions ended in order; the upstream's end of stream came first. */
    UPSTREAM_CLOSED(Who.UPSTREAM, "fin"),
    /** The client reset the connection. */
    CLIENT_RESET(Who.CLIENT, "reset"),
    /** The upstream reset the connection. */
    UPSTREAM_RESET(Who.UPSTREAM, "reset"),
    /** No endpoint could be connected to; the errno is the last one's. */
    CONNECT_FAILED(Who.UPSTREAM, "connect-failed"),
    /** The last endpoint tried did not answer in time. */
    CONNECT_TIMEOUT(Who.UPSTREAM, "connect-timeout"),
    /** No byte crossed for the idle timeout; or a client that something was looked for in had said too little for its time. */
    IDLE_TIMEOUT(Who.PROXY, "idle"),
    /** One direction had ended and no byte crossed in the other for the half-close timeout. */
    HALF_CLOSE_TIMEOUT(Who.PROXY, "half-close"),
    /** The session was as old as one may be. */
    AGE(Who.PROXY, "age"),
    /** Cut because the proxy stopped, or its endpoint was removed, and the drain time was up. */
    DRAINED(Who.PROXY, "drain"),
    /**
     * No endpoint took connections, for as long as it was held or after it had been tried; or cut because its endpoint went down, and is to
     * have no sessions then.
     */
    DOWN(Who.PROXY, "down"),
    /** No endpoint took connections, and it was not to wait for one: turned away at once. */
    REFUSED(Who.PROXY, "refused"),
    /** Every endpoint that took connections had as many as it may have, for as long as it could be waited; or turned away at once, at a limit. */
    LIMIT(Who.PROXY, "limit"),
    /** Cut by hand; or its upstream was paused by hand for longer than it could be held. */
    ADMIN(Who.PROXY, "admin"),
    /** Descriptors or kernel memory ran out. */
    NO_RESOURCES(Who.PROXY, "no-resources"),
    /** A system call answered what it should not; the errno says what. */
    INTERNAL_ERROR(Who.PROXY, "internal-error");

    /** Whose doing an end is. */
    public enum Who {
        CLIENT,
        UPSTREAM,
        PROXY;

        private final String word = name().toLowerCase(Locale.ROOT);

        /** In lower case. */
        @Override
        public String toString() {
            return word;
        }
    }

    private final Who who;
    private final String how;

    EndCause(Who who, String how) {
        this.who = who;
        this.how = how;
    }

    /** Who ended it. */
    public Who who() {
        return who;
    }

    /** How, in lower case with dashes; in one log line or metric it stands beside {@link #who}, and the two together are unique. */
    public String how() {
        return how;
    }

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

    /** Both words: {@code client fin}. */
    @Override
    public String toString() {
        return who + " " + how;
    }
}
