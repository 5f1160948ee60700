package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.Counter;
import org.jspecify.annotations.Nullable;

/**
 * Connects once to an upstream: one address after the other, each with a deadline of its own, until one is connected or none
 * is left. To be extended by who needs the connection; one object for each connection, on its loop's thread.
 */
public abstract class Connector extends Timer implements Handler {
    private static final int NONE = -1;

    /** No event tells when there are descriptors again, or room in the full backlog of a unix listener (EAGAIN). */
    private static final long RETRY_NANOS = 10_000_000;

    private final Kernel kernel;
    private final EventLoop loop;
    private final ConnectSettings shared;
    private final Upstream upstream;
    private final int turn;
    private int slot = NONE;
    private int fd = NONE;
    private int attempt;
    private long deadline;
    private boolean waiting;
    /** The outcome was told: nothing is this object's any more. */
    private boolean told;

    private int errno;
    private @Nullable Address address;

    /**
     * @param turn of the upstream
     * @param opened a socket for the first address of that turn, from {@link ConnectSettings#open}; or −errno, and the connector
     *     opens one itself
     */
    protected Connector(
            Kernel kernel, EventLoop loop, ConnectSettings shared, Upstream upstream, int turn, int opened) {
        this.kernel = kernel;
        this.loop = loop;
        this.shared = shared;
        this.upstream = upstream;
        this.turn = turn;
        this.fd = opened >= 0 ? opened : NONE;
    }

    /**
     * Connected. The descriptor belongs to the callee, and so does the slot under which it is watched as
     * {@link ConnectSettings} says.
     *
     * @param events what epoll told of it
     */
    protected abstract void onConnected(int slot, int fd, Address address, int events);

    /**
     * Every address was tried, or descriptors ran out. Nothing is left open.
     *
     * @param last the address tried last
     * @param errno why; ETIMEDOUT when there was no answer in time, ECONNABORTED when the loop stops, EIO after a bug
     */
    protected abstract void onFailed(@Nullable Address last, int errno);

    /** Begins. The outcome may be told before this returns. */
    public final void start() {
        slot = loop.attach(this);
        tryNext();
    }

    private void tryNext() {
        Address to;
        do {
            to = upstream.candidate(turn, attempt++);
            address = to;
            if (to == null) {
                fail();
                return;
            }
            deadline = loop.now() + shared.timeoutNanos();
        } while (!tryOnce(to));
    }

    /**
     * @return false when this address failed and the next one is to be tried
     */
    private boolean tryOnce(Address to) {
        int result = 0;
        if (fd == NONE) {
            result = shared.open(kernel, to);
            fd = result >= 0 ? result : NONE;
        }
        if (result >= 0) {
            result = connect(to);
        }
        waiting = fd == NONE
                ? isShortage(-result) // no other address would fare better, but a session may end
                : result == -Errno.EAGAIN && to.family() == Sockets.AF_UNIX; // its backlog is full
        if (waiting) {
            errno = -result;
            loop.schedule(this, Math.min(deadline, loop.now() + RETRY_NANOS));
        } else if (result < 0) {
            errno = -result;
            closeAttempt();
        }
        return waiting || result >= 0;
    }

    private static boolean isShortage(int error) {
        return error == Errno.EMFILE || error == Errno.ENFILE || error == Errno.ENOBUFS || error == Errno.ENOMEM;
    }

    /**
     * @return 0 when connected or on the way, or −errno
     */
    private int connect(Address to) {
        shared.buffer().set(to);
        int result = kernel.connect(fd, shared.buffer());
        if (result < 0 && result != -Errno.EINPROGRESS && result != -Errno.EINTR) {
            return result;
        }
        int watched = loop.watch(slot, shared.tag(), fd, shared.events());
        if (watched < 0) {
            return watched;
        }
        if (result == 0) {
            connected(to, Epoll.OUT);
        } else {
            loop.schedule(this, deadline);
        }
        return 0;
    }

    @Override
    public final void onEvents(int tag, int events) {
        Address to = address;
        if (to == null || (events & (Epoll.OUT | Epoll.ERR | Epoll.HUP)) == 0) {
            return;
        }
        boolean broken = (events & (Epoll.ERR | Epoll.HUP)) != 0;
        // An upstream that spoke before it broke was connected to, and what it said is the client's.
        if (broken && kernel.bytesReadable(fd) <= 0) {
            int error = kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
            // So was one that said only that it has nothing to say: EPIPE is a reset behind a FIN.
            if (error != Errno.EPIPE) {
                attemptFailed(error > 0 ? error : Errno.ECONNRESET);
                return;
            }
        }
        if (shared.isSelfConnect(kernel, fd, to)) {
            attemptFailed(Errno.ECONNREFUSED);
        } else {
            connected(to, events);
        }
    }

    @Override
    protected final void onTimer(long now) {
        Address to = address;
        if (to != null && waiting && now - deadline < 0) {
            if (!tryOnce(to)) {
                tryNext();
            }
        } else if (waiting && fd == NONE) {
            closeAttempt();
            fail();
        } else {
            attemptFailed(Errno.ETIMEDOUT);
        }
    }

    private void connected(Address to, int events) {
        loop.cancel(this);
        int connected = fd;
        fd = NONE;
        told = true;
        onConnected(slot, connected, to, events);
    }

    private void attemptFailed(int error) {
        errno = error;
        loop.cancel(this);
        closeAttempt();
        tryNext();
    }

    private void closeAttempt() {
        loop.stats().increment(Counter.CONNECT_FAILURES);
        if (fd >= 0) {
            // After a self-connect, a close in order would leave the port in TIME_WAIT.
            kernel.setLinger(fd, 0);
            kernel.close(fd);
            fd = NONE;
        }
    }

    private void fail() {
        told = true;
        loop.cancel(this);
        loop.detach(slot);
        Address last = address != null ? address : upstream.candidate(turn, Math.max(0, attempt - 2));
        onFailed(last, errno);
    }

    @Override
    public final void onStop() {
        cut(Errno.ECONNABORTED);
    }

    @Override
    public final void onFault() {
        cut(Errno.EIO);
    }

    private void cut(int error) {
        if (!told) {
            errno = error;
            closeAttempt();
            fail();
        }
    }
}
