package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a time to connect to an endpoint: its socket, what it has to wait for, and what is counted of it. Which endpoint is
 * next, and how long all may take, is {@link Connector}'s, which is the same object: so a connection that succeeds at once costs one.
 *
 * <pre>
 *   NONE ──begin──▶ CONNECTING ──connected──▶ NONE: the descriptor is the connector's
 *                    │      ▲ └──refused, timed out, reset──▶ NONE: nothing is left
 *                    ▼      │ another try
 *                    WAITING ──its time is up──▶ NONE
 *                    for a descriptor, or for room in a unix backlog
 * </pre>
 */
abstract class Attempt extends Timer {
    private enum Phase {
        NONE,
        CONNECTING,
        WAITING
    }

    private static final int NO_FD = -1;

    final ConnectContext context;
    final EventLoop loop;
    final ConnectSettings settings;
    private final Kernel kernel;
    private final int slot;
    private final int tag;
    private final int events;

    private Phase phase = Phase.NONE;
    private int fd = NO_FD;
    private long until;
    private int tries;
    /** Whether no attempt is under way and there is something to wait for; since when, and for how long before. */
    private boolean waiting;

    private long waitingSince;
    private long waited;
    private @Nullable Endpoint endpoint;
    /** Whether room in the endpoint was claimed for the attempt. */
    private boolean claimed;
    /** Whether this counts among the sessions of the endpoint. */
    private boolean entered;

    /** The queue that this one waits in, and its neighbours there; the queue sets them. */
    @Nullable
    RetryQueue queue;

    @Nullable
    Attempt before;

    @Nullable
    Attempt behind;

    /**
     * @param slot under which the connecting socket is watched
     * @param tag with which its events come, to be passed to {@link #onEvents}
     * @param events what it is watched for, and goes on being watched for once it is connected; OUT among them
     */
    Attempt(ConnectContext context, int slot, int tag, int events, ConnectSettings settings) {
        this.context = context;
        this.loop = context.loop;
        this.kernel = context.kernel;
        this.slot = slot;
        this.tag = tag;
        this.events = events;
        this.settings = settings;
    }

    /**
     * It is connected. The descriptor is the callee's, and so is the endpoint's session.
     *
     * @param told what epoll told of it
     */
    abstract void onConnected(Endpoint to, int connected, int told);

    /** It has failed, later than in {@link #begin}, and nothing of it is left. */
    abstract void onFailed(int errno);

    @Override
    public abstract Object faulty();

    /** Whether room in the endpoint that is or was tried has been claimed, and goes with the connection. */
    public final boolean isClaimed() {
        return claimed;
    }

    /** The endpoint that is being tried, or was tried last; null when there was none. */
    @Nullable
    public final Endpoint endpoint() {
        return endpoint;
    }

    /** How many endpoints were tried so far; one that was tried again counts again. */
    public final int tries() {
        return tries;
    }

    /** Nanoseconds so far in which no attempt was under way, since there was nobody to try, or no room. */
    public final long waitedNanos() {
        return waiting ? waited + loop.now() - waitingSince : waited;
    }

    /** Nothing is under way from now on, and something is waited for. */
    final void waits() {
        if (!waiting) {
            waiting = true;
            waitingSince = loop.now();
        }
    }

    private void waitsNoMore() {
        waited = waitedNanos();
        waiting = false;
    }

    /** Whether it is under way, or waits until it can be. */
    final boolean isUnderWay() {
        return phase != Phase.NONE;
    }

    /** Whether it waits for something that may never be free, rather than for an answer. */
    final boolean isInLine() {
        return phase == Phase.WAITING;
    }

    /** For what it waits in vain, an errno; 0 when it has a socket, and so waits for the endpoint. */
    final int shortage() {
        RetryQueue line = queue;
        return line == null || fd != NO_FD ? 0 : line.reason();
    }

    /**
     * Begins.
     *
     * @param room whether room was claimed for it
     * @param deadline of the loop's clock
     * @return 0 when it is connected, on its way or waits; −errno when it has failed, and nothing of it is left
     */
    final int begin(Endpoint to, boolean room, long deadline) {
        endpoint = to;
        tries++;
        claimed = room;
        to.count(context.index, Count.SESSIONS, 1);
        entered = true;
        until = deadline;
        int result = attempt(to);
        if (result < 0) {
            countFailure(-result);
        }
        return Math.min(result, 0);
    }

    /** Has no more time than this. */
    final void hurryTo(long deadline) {
        if (deadline - until < 0) {
            until = deadline;
            loop.schedule(this, until);
        }
    }

    /** Another try for one that waits, by the queue: false when it still waits, for the same thing. */
    final boolean retry() {
        RetryQueue waited = queue;
        int result = attempt(Objects.requireNonNull(endpoint));
        if (result < 0) {
            fail(-result);
        }
        return queue != waited;
    }

    /** ≥ 0 when it is connected, on its way or waits; −errno when it has failed. */
    private int attempt(Endpoint to) {
        phase = Phase.CONNECTING;
        waitsNoMore();
        Address address = to.address();
        if (fd == NO_FD) {
            RetryQueue line = context.forDescriptor();
            if (line.isAheadOf(this)) {
                return waitIn(line, line.reason());
            }
            int opened = context.open(address, settings.tcp(), settings.sources());
            if (EndCause.isShortage(-opened)) {
                // No other candidate would fare better, but a session may end.
                context.shortage();
                return waitIn(line, -opened);
            }
            if (opened < 0) {
                return opened;
            }
            fd = opened;
        }
        RetryQueue line = context.waitingFor(address);
        if (line != null && line.isAheadOf(this)) {
            return waitIn(line, line.reason());
        }
        int result = connect(address);
        if (result == -Errno.EAGAIN && address.family() == Sockets.AF_UNIX) {
            return waitIn(context.forBacklog(address), Errno.EAGAIN);
        }
        if (result < 0 && result != -Errno.EINPROGRESS && result != -Errno.EINTR) {
            return result;
        }
        leaveQueue();
        int watched = loop.watch(slot, tag, fd, events);
        if (watched < 0) {
            return watched;
        }
        if (result == 0) {
            connected(to, Epoll.OUT);
        } else {
            loop.schedule(this, until);
        }
        return 0;
    }

    /** From another source, when all ports of one are in use. */
    private int connect(Address address) {
        int result = context.connect(fd, address);
        if (result != -Errno.EADDRNOTAVAIL) {
            return result;
        }
        int others = settings.sources().towards(address).size() - 1;
        for (int i = 0; i < others && result == -Errno.EADDRNOTAVAIL; i++) {
            kernel.close(fd);
            fd = NO_FD;
            int opened = context.open(address, settings.tcp(), settings.sources());
            if (opened < 0) {
                return opened;
            }
            fd = opened;
            result = context.connect(fd, address);
        }
        return result;
    }

    private int waitIn(RetryQueue where, int why) {
        phase = Phase.WAITING;
        waits();
        if (queue != where) {
            leaveQueue();
            loop.stats().increment(Counter.CONNECT_WAITS);
            where.join(this, why);
            loop.schedule(this, until);
        }
        return 0;
    }

    private void leaveQueue() {
        if (queue != null) {
            queue.leave(this);
        }
    }

    /** What epoll told of the connecting socket. */
    public final void onEvents(int told) {
        Endpoint to = endpoint;
        if (phase != Phase.CONNECTING || to == null || (told & (Epoll.OUT | Epoll.ERR | Epoll.HUP)) == 0) {
            return;
        }
        boolean broken = (told & (Epoll.ERR | Epoll.HUP)) != 0;
        // An upstream that spoke before it broke was connected to, and what it said is the client's.
        if (broken && kernel.bytesReadable(fd) <= 0) {
            int error = kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
            // So was one that said only that it has nothing to say: EPIPE is a reset behind a FIN.
            if (error != Errno.EPIPE) {
                fail(error > 0 ? error : Errno.ECONNRESET);
                return;
            }
        }
        if (context.isSelfConnect(fd, to.address())) {
            fail(Errno.ECONNREFUSED);
        } else {
            connected(to, told);
        }
    }

    private void connected(Endpoint to, int told) {
        loop.cancel(this);
        int connected = fd;
        fd = NO_FD;
        phase = Phase.NONE;
        entered = false; // the owner's from now on
        to.count(context.index, Count.CONNECTED, 1);
        onConnected(to, connected, told);
    }

    /** It has failed. */
    final void fail(int error) {
        countFailure(error);
        onFailed(error);
    }

    private void countFailure(int error) {
        loop.stats().increment(Counter.CONNECT_FAILURES);
        if (endpoint != null && !isOurs(error)) {
            endpoint.count(context.index, Count.FAILURES, 1);
        }
        endAttempt();
    }

    /** Whether it failed for want of something on this side, which says nothing of the endpoint. */
    static boolean isOurs(int error) {
        return EndCause.isShortage(error) || error == Errno.EADDRNOTAVAIL;
    }

    /** Ends it, if it is under way; nothing of it is left. */
    final void endAttempt() {
        phase = Phase.NONE;
        loop.cancel(this);
        leaveQueue();
        if (entered && endpoint != null) {
            entered = false;
            endpoint.leave(context.index, claimed);
        }
        if (fd >= 0) {
            // After a self-connect, a close in order would leave the port in TIME_WAIT.
            kernel.closeWithReset(fd);
            fd = NO_FD;
        }
    }
}
