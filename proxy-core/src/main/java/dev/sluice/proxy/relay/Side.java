package dev.sluice.proxy.relay;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Sockets;

/**
 * One of the two sockets of a session, and what epoll has told of it. Readiness is edge-triggered: a bit is set by an event and
 * cleared by the call that finds the opposite, so nothing is asked twice.
 */
final class Side {
    /** What every relayed socket is watched for, once and for all. */
    static final int EVENTS = Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.PRI | Epoll.ET;

    private static final int READABLE = 1;
    private static final int WRITABLE = 2;
    /** The end of the stream has arrived, though bytes may be before it. */
    private static final int ENDING = 4;
    /** Urgent data is in the stream (tcp(7)). */
    private static final int URGENT = 8;

    /** Not told but known: a unix socket. */
    private static final int UNIX = 16;

    final int fd;
    private int state;

    /** The errno that broke the connection, 0 while it is whole. */
    int failure;

    /**
     * @param family {@link Sockets#AF_UNIX} or one of TCP's
     * @param events what epoll has told, or would tell as far as is known
     */
    Side(int fd, int family, int events) {
        this.fd = fd;
        this.state = family == Sockets.AF_UNIX ? UNIX : 0;
        ready(events);
    }

    void ready(int events) {
        if ((events & (Epoll.IN | Epoll.PRI | Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
            state |= READABLE;
        }
        if ((events & (Epoll.OUT | Epoll.HUP | Epoll.ERR)) != 0) {
            state |= WRITABLE;
        }
        if ((events & (Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
            state |= ENDING;
        }
        if ((events & Epoll.PRI) != 0) {
            state |= URGENT;
        }
    }

    boolean readable() {
        return (state & READABLE) != 0;
    }

    boolean writable() {
        return (state & WRITABLE) != 0;
    }

    boolean isUnix() {
        return (state & UNIX) != 0;
    }

    boolean urgent() {
        return (state & URGENT) != 0;
    }

    boolean ending() {
        return (state & ENDING) != 0;
    }

    /**
     * Whether a read that brought less than it could have has emptied the socket. An end or a mark may still follow; and a unix
     * socket stops a read behind every message that carried descriptors (unix(7), SCM_RIGHTS).
     */
    boolean shortReadEmpties() {
        return (state & (ENDING | URGENT | UNIX)) == 0;
    }

    void notReadable() {
        state &= ~READABLE;
    }

    void notWritable() {
        state &= ~WRITABLE;
    }

    void notUrgent() {
        state &= ~URGENT;
    }

    /** The connection is broken; what was found first counts. */
    void fail(int errno) {
        if (failure == 0) {
            failure = errno;
        }
    }
}
