package dev.sluice.proxy.listen;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.Counter;
import org.jspecify.annotations.Nullable;

/**
 * One loop's share of a listening socket. Every loop watches the socket, and the kernel wakes one of them (EPOLLEXCLUSIVE,
 * epoll_ctl(2)). Extended by what takes the connections; on its loop's thread.
 */
public abstract class Acceptor extends Timer implements Handler {
    /** What a connection needs: its own descriptor and the upstream's. */
    public static final int DESCRIPTORS = 2;

    /** Connections accepted in one turn of the loop at most: the rest of it must not wait. */
    private static final int BATCH = 64;

    /** Batches taken at most when the acceptor closes: as many as fit the backlog. */
    private static final int LAST_BATCHES = 64;

    /** How long nothing is accepted after descriptors or memory ran out; the clients wait in the backlog. */
    private static final long PAUSE_NANOS = 100_000_000;

    /** How long clients that had connected before a listener went wait for descriptors. */
    private static final long LEAVE_NANOS = 10_000_000_000L;

    private final Kernel kernel;
    private final EventLoop loop;
    private final ListenSocket socket;
    private final DescriptorBudget budget;
    private final SockaddrBuffer clientName;
    private final RateLimit warnings = RateLimit.ofWarnings();
    private int slot = -1;
    private boolean paused;
    /** How many are accepted for the next event, if there was somebody all the time until then. */
    private int batch = 1;
    /** The last turn in which there was an event. */
    private long lastTurn;

    /** By the last look. */
    private int accepted;

    private long leaveUntil;
    private @Nullable Runnable whenDrained;

    /**
     * @param clientName of the loop, for whoever on it needs one for the length of a call
     */
    protected Acceptor(
            Kernel kernel, EventLoop loop, ListenSocket socket, DescriptorBudget budget, SockaddrBuffer clientName) {
        this.kernel = kernel;
        this.loop = loop;
        this.socket = socket;
        this.budget = budget;
        this.clientName = clientName;
    }

    /**
     * A connection was accepted, and {@link #DESCRIPTORS} descriptors were claimed for it; all are the callee's, whatever happens.
     *
     * @param fd non-blocking
     */
    protected abstract void onAccepted(int fd, Address client);

    /** Nothing is accepted for a while: this is to be counted. */
    protected abstract void onPause(int errno);

    /** Nothing is accepted for a while: descriptors that are kept idle should be closed. */
    protected abstract void onShortage(int errno);

    /** Tells the operator. */
    protected abstract void warn(String text);

    public final ListenSocket socket() {
        return socket;
    }

    /**
     * Begins to accept, later if it cannot at once.
     *
     * @return 0, or why it cannot yet: −errno
     */
    public final int open() {
        slot = loop.attach(this);
        int watched = watch();
        if (watched < 0) {
            loop.schedule(this, loop.now() + PAUSE_NANOS);
        }
        return watched;
    }

    /** Takes what has connected already, as far as that can be done at once, and stops accepting. */
    public final void drain() {
        takeRest();
    }

    /**
     * Takes what has connected already, and stops accepting. While there are no descriptors for it, the rest waits in the backlog, for
     * ten seconds at most.
     *
     * @param done is run once, in the end: nothing is accepted on the socket any more
     */
    public final void drain(Runnable done) {
        drain(done, LEAVE_NANOS);
    }

    /**
     * Stops accepting at once. Who has connected stays in the backlog, for another process that accepts on the same socket: it must look
     * once more, since the kernel may have woken this one for a connection (EPOLLEXCLUSIVE).
     *
     * @param done is run once, in the end
     */
    public final void cede(Runnable done) {
        whenDrained = done;
        close();
    }

    final void drain(Runnable done, long nanos) {
        whenDrained = done;
        leaveUntil = loop.now() + nanos;
        takeRest();
    }

    private void takeRest() {
        boolean waits = false;
        try {
            paused = false;
            boolean more = slot >= 0 && !loop.isStopped();
            for (int i = 0; more && i < LAST_BATCHES; i++) {
                more = acceptInShortage();
            }
            waits = paused && whenDrained != null && loop.now() - leaveUntil < 0;
            if (paused && whenDrained != null && !waits) {
                warn("closes " + socket.address()
                        + " with clients in its backlog, for whom there were no descriptors in time");
            }
        } finally {
            if (!waits) {
                close();
            }
        }
    }

    private boolean acceptInShortage() {
        try {
            return accept(BATCH);
        } catch (OutOfMemoryError e) {
            tell(Errno.ENOMEM); // one was turned away; those behind it have no other chance
            return true;
        }
    }

    private void close() {
        Runnable done = whenDrained;
        whenDrained = null;
        try {
            if (slot >= 0) {
                loop.cancel(this);
                loop.unwatch(socket.fd());
                loop.detach(slot);
                slot = -1;
            }
        } finally {
            if (done != null) {
                done.run();
            }
        }
    }

    @Override
    public final void onStop() {
        close();
    }

    @Override
    public final void onFault() {
        if (loop.isStopped()) {
            close();
        } else if (slot >= 0) {
            pause(Errno.EIO);
        }
    }

    private int watch() {
        return loop.watch(slot, 0, socket.fd(), Epoll.IN | Epoll.EXCLUSIVE);
    }

    /**
     * Accepts no more than are likely to be there. To find nobody costs ten times as much as any other call that finds nothing, since
     * accept4(2) makes the socket first; and of who is there still, the next turn's look at epoll tells (it is level-triggered), or
     * a later one while more descriptors are ready than fit one look.
     */
    @Override
    public final void onEvents(int tag, int events) {
        boolean wasEmpty = loop.lastWholeTurn() > lastTurn;
        int most = wasEmpty ? 1 : batch;
        lastTurn = loop.stats().get(Counter.TURNS);
        accept(most);
        batch = accepted == most ? Math.min(2 * most, BATCH) : Math.max(1, accepted);
    }

    /** Accepts what there may be without an event: it went to another loop or process, which has died or accepts no more. */
    public final void look() {
        accept(BATCH);
    }

    /**
     * @param most how many
     * @return whether there may be more
     */
    private boolean accept(int most) {
        accepted = 0;
        int fd = 0;
        for (int i = 0; i < BATCH && accepted < most; i++) {
            if (!budget.claim(DESCRIPTORS)) {
                pause(Errno.EMFILE);
                return false;
            }
            fd = acceptOne();
            if (fd >= 0) {
                accepted++;
                onAccepted(fd, clientOf(fd));
                continue;
            }
            if (fd == -Errno.EAGAIN) {
                return false;
            }
            if (!isOfOneConnection(-fd)) {
                pause(-fd);
                return false;
            }
        }
        if (accepted == 0) {
            pause(-fd); // accepting itself is refused, by a security module say, and the connections stay
            return false;
        }
        return true;
    }

    /** @return the descriptor, or −errno; only with a descriptor what was claimed stays claimed */
    private int acceptOne() {
        int fd = -Errno.EIO;
        try {
            fd = kernel.accept4(socket.fd(), clientName, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC);
        } finally {
            if (fd < 0) {
                budget.release(DESCRIPTORS);
            }
        }
        return fd;
    }

    private Address clientOf(int fd) {
        try {
            return clientName.toAddress();
        } catch (RuntimeException | OutOfMemoryError e) {
            kernel.closeWithReset(fd);
            budget.release(DESCRIPTORS);
            throw e;
        }
    }

    /** An error of the connection that was next, and that is gone now (accept(2)); the others are not touched by it. */
    private static boolean isOfOneConnection(int errno) {
        return switch (errno) {
            case Errno.EINTR,
                    Errno.ECONNABORTED,
                    Errno.EPERM,
                    Errno.EPROTO,
                    Errno.ENOPROTOOPT,
                    Errno.EOPNOTSUPP,
                    Errno.ENETDOWN,
                    Errno.ENETUNREACH,
                    Errno.EHOSTDOWN,
                    Errno.EHOSTUNREACH,
                    Errno.ETIMEDOUT -> true;
            default -> false;
        };
    }

    /** The socket stays readable: watching it any further would be spinning. */
    protected final void pause(int errno) {
        paused = true;
        loop.unwatch(socket.fd());
        loop.schedule(this, loop.now() + PAUSE_NANOS);
        loop.stats().increment(Counter.ACCEPT_PAUSES);
        onPause(errno);
        tell(errno);
    }

    private void tell(int errno) {
        if (warnings.passes(loop.now())) {
            warn("cannot accept on " + socket.address() + ": " + Errno.describe(errno)
                    + "; clients wait until sessions end. "
                    + (errno == Errno.EMFILE ? "A higher limit (ulimit -n) helps" : "The system as a whole is short"));
        }
        onShortage(errno);
    }

    @Override
    protected final void onTimer(long now) {
        if (whenDrained != null) {
            takeRest();
        } else if (watch() < 0) {
            loop.schedule(this, now + PAUSE_NANOS);
        }
    }
}
