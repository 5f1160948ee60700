package dev.sluice.proxy.relay;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.TcpOptions;

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

    /** Whether there is room is in doubt: epoll is to be asked anew. */
    private static final int DOUBTED = 32;

    /** Two counters, of two bits each: doubtful answers since bytes were last read, and since bytes were last written. */
    private static final int READ_DOUBT = 1 << 6;

    private static final int READ_DOUBTS = 3 * READ_DOUBT;
    private static final int WRITE_DOUBT = 1 << 8;
    private static final int WRITE_DOUBTS = 3 * WRITE_DOUBT;

    /** The connection is over, and has no mark of urgent data in what came before. */
    private static final int CLOSED = 1 << 10;

    /** Small segments wait for the acknowledgement of the one before: Nagle's algorithm (RFC 896). */
    private static final int NAGLE = 1 << 11;

    private static final int WRITTEN = 1 << 12;

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
        } else if ((events & Epoll.HUP) != 0 && !isUnix()) {
            state |= CLOSED; // tcp_poll() looks at the state first: whatever came before that is in the events
        }
    }

    /** A socket that was connected, and has no option yet. */
    Side withNagle() {
        state |= isUnix() ? 0 : NAGLE;
        return this;
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

    /**
     * Whether a read that brought less than it could have has emptied the socket. An end or a mark may still follow; and a unix
     * socket stops a read behind every message that carried descriptors (unix(7), SCM_RIGHTS).
     */
    boolean shortReadEmpties() {
        return (state & (ENDING | URGENT | UNIX)) == 0;
    }

    /** Whether epoll has told of the end of the stream, or of the connection's: no more will come than is there. */
    boolean isEnding() {
        return (state & ENDING) != 0;
    }

    /** Whether epoll has told neither of an end nor of urgent data. */
    boolean isOpen() {
        return (state & (ENDING | URGENT)) == 0;
    }

    /** Whether the kernel has no byte of it, and would have told of an end or of a mark that a read has yet to find. */
    boolean isEmpty(Kernel kernel) {
        return isOpen() && kernel.bytesReadable(fd) == 0;
    }

    /** Whether a splice that finds an end, in order or not, has left nothing behind it that a recv would find. */
    boolean isClosed() {
        return (state & (CLOSED | URGENT)) == CLOSED;
    }

    /** It is known to be empty, and will tell of more. */
    void notReadable() {
        state &= ~READABLE;
    }

    /** Bytes were read. */
    void hasRead() {
        state &= ~READ_DOUBTS;
    }

    /**
     * Bytes are to be written. The first small segment is sent at once, Nagle or not; most short sessions write no second one to
     * their upstream, and are spared a call.
     */
    void beforeWrite(Kernel kernel) {
        if ((state & (NAGLE | WRITTEN)) == (NAGLE | WRITTEN)) {
            state &= ~NAGLE;
            TcpOptions.noDelay(kernel, fd);
        }
    }

    /** Bytes were written. */
    void hasWritten() {
        state = (state & ~WRITE_DOUBTS) | WRITTEN;
    }

    /**
     * A recv found nothing, not even the end of which epoll may have told. If that cannot be, it was wrong, and no event would come
     * for what is there already: it is tried again, a few times in a row.
     */
    void foundEmpty(Kernel kernel) {
        if ((state & URGENT) == 0 && (state & READ_DOUBTS) != READ_DOUBTS && !isEmpty(kernel)) {
            state += READ_DOUBT;
        } else {
            state &= ~(READABLE | URGENT);
        }
    }

    /**
     * A write found it full.
     *
     * @param wasWritten whether the write before went only in part: then it was full, and will tell when it is not
     */
    void foundFull(boolean wasWritten) {
        boolean doubted = !wasWritten && !isDoubtful();
        state = (state & ~WRITABLE) + (doubted ? WRITE_DOUBT : 0) | (doubted ? DOUBTED : 0);
    }

    /** Whether writes found it full several times in a row, though epoll was asked each time. */
    boolean isDoubtful() {
        return (state & WRITE_DOUBTS) == WRITE_DOUBTS;
    }

    /** Whether epoll is to be asked anew; once. */
    boolean takeDoubt() {
        boolean doubted = (state & DOUBTED) != 0;
        state &= ~DOUBTED;
        return doubted;
    }

    /** The connection is broken; what was found first counts. */
    void fail(int errno) {
        if (failure == 0) {
            failure = errno;
        }
    }
}
