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
 * Connects once to an upstream: one candidate after the other, each with a deadline of its own and all with one together, until one
 * is connected or none is left.
 *
 * <pre>
 *   CONNECTING ──connected──────────────────────────────────────▶ DONE, the owner has it
 *     │   ▲ └────refused, timed out, reset─▶ the next candidate, or DONE without one
 *     ▼   │ another try
 *   WAITING ──the attempt's time is up──▶ the next candidate, or DONE without one
 *   for a descriptor, or for room in a unix backlog
 * </pre>
 *
 * <p>When none is left, or the upstream is paused, the connection may be HELD ({@link HoldQueue}) until it is worth another try.
 *
 * <p>One object for each connection, on its loop's thread. It has no slot of its own: its owner watches for it.
 */
public final class Connector extends Timer implements HoldQueue.Held {
    /** Whose connection it is. Exactly one of the methods is called, once, unless {@link #cancel} comes first. */
    public interface Owner {
        /**
         * Connected. The descriptor is the callee's, and so is the endpoint's session: whoever closes the connection calls {@link
         * Endpoint#leave}, with {@link Connector#isClaimed}.
         *
         * @param events what epoll told of it
         */
        void onConnected(Endpoint endpoint, int fd, int events);

        /**
         * Every candidate was tried, or the time was up. Nothing is left open.
         *
         * @param last the endpoint that was tried last, null when there was none to try
         * @param errno why; ETIMEDOUT when there was no answer in time, ECANCELED when there was none in the time that {@link #hurry} had
         *     left
         */
        void onFailed(@Nullable Endpoint last, int errno);
    }

    private enum State {
        CONNECTING,
        WAITING,
        HELD,
        CONNECTED,
        ENDED
    }

    private static final int NONE = -1;

    private final ConnectContext context;
    private final Kernel kernel;
    private final EventLoop loop;
    private final Owner owner;
    private final int slot;
    private final int tag;
    private final int events;
    private final Upstream upstream;
    private final Address client;
    private final ConnectSettings settings;
    private final Hold hold;
    private @Nullable Candidates candidates;

    private State state = State.CONNECTING;
    private int fd = NONE;
    private long allUntil;
    private long attemptUntil;
    private boolean hurried;
    private int errno = Errno.ENETUNREACH; // what it is when there is nobody to try
    private @Nullable Endpoint endpoint;
    /** Whether room in the endpoint was claimed for the attempt. */
    private boolean claimed;
    /** Whether this counts among the sessions of the endpoint. */
    private boolean entered;

    /** The queue that this one waits in, and its neighbours there; the queue sets them. */
    @Nullable
    RetryQueue queue;

    @Nullable
    Connector before;

    @Nullable
    Connector behind;

    /**
     * @param slot the owner's, under which the connecting socket is watched
     * @param client for whom it is
     * @param tag with which its events come, to be passed to {@link #onEvents}
     * @param events what it is watched for, and goes on being watched for once it is connected; OUT among them
     */
    public Connector(
            ConnectContext context,
            Owner owner,
            int slot,
            int tag,
            int events,
            Upstream upstream,
            Address client,
            ConnectSettings settings) {
        this.context = context;
        this.kernel = context.kernel;
        this.loop = context.loop;
        this.owner = owner;
        this.slot = slot;
        this.tag = tag;
        this.events = events;
        this.upstream = upstream;
        this.client = client;
        this.settings = settings;
        this.hold = new Hold(context, upstream, this);
    }

    /** Begins. The outcome may be told before this returns. */
    public void start() {
        allUntil = loop.now() + settings.allNanos();
        boolean paused = hold.isPaused();
        if ((paused || hold.isBehindOthers()) && isHeld()) {
            return;
        }
        if (paused) {
            end();
        } else {
            candidates = upstream.candidates(context.index, client);
            tryNext();
        }
    }

    /** Whether room in the endpoint that is or was tried has been claimed, and goes with the connection. */
    public boolean isClaimed() {
        return claimed;
    }

    /** The endpoint that is being tried, or was tried last; null when there was none. */
    @Nullable
    public Endpoint endpoint() {
        return endpoint;
    }

    /** Whether it waits for something that may never be free, rather than for an answer. */
    public boolean isWaiting() {
        return state == State.WAITING || state == State.HELD;
    }

    private boolean isOver() {
        return state == State.CONNECTED || state == State.ENDED;
    }

    /**
     * The owner will not wait any longer than this; a later deadline than the present one changes nothing. That the time is up then is not
     * held against the endpoint.
     */
    public void hurry(long until) {
        if (!isOver() && until - allUntil < 0) {
            hurried = true;
            allUntil = until;
            attemptUntil = earlier(attemptUntil, until);
            loop.schedule(this, attemptUntil);
        }
    }

    /** Gives up the present attempt, if it is at this endpoint, which is down or removed, and goes where new connections do. */
    public void avoid(Endpoint lost) {
        if ((state == State.CONNECTING || state == State.WAITING) && endpoint == lost) {
            if (upstream.state().newest(upstream) != upstream) {
                candidates = hold.candidates(client);
            }
            attemptFailed(Errno.EHOSTDOWN);
        }
    }

    /** Ends without an outcome: the owner is not told, and nothing is left open. */
    public void cancel() {
        if (!isOver()) {
            if (state == State.HELD) {
                loop.cancel(this);
            } else {
                endAttempt();
            }
            over();
        }
    }

    private void over() {
        state = State.ENDED;
        hold.leave();
        hold.endScout(false);
    }

    private void end() {
        over();
        owner.onFailed(endpoint, errno);
    }

    private void tryNext() {
        boolean inTime = loop.now() - allUntil < 0 || endpoint == null;
        tryFrom(inTime && candidates != null ? candidates.next() : null);
    }

    private void tryFrom(@Nullable Endpoint first) {
        Endpoint next = first;
        while (next != null) {
            begin(next);
            int result = attempt(next);
            if (result >= 0 || isOver()) {
                return;
            }
            failAttempt(-result);
            next = loop.now() - allUntil < 0 && candidates != null ? candidates.next() : null;
        }
        if (!isHeld()) {
            end();
        }
    }

    /** Whether it is held from now on, in case that somebody takes connections later. A client that has ended is not. */
    private boolean isHeld() {
        Long until = hurried || isOurs(errno) ? null : hold.begin(candidates, loop.now(), allUntil);
        if (until == null) {
            return false;
        }
        state = State.HELD;
        if (until - allUntil > 0) {
            allUntil = until; // a hold counts in full
        }
        loop.schedule(this, until);
        return true;
    }

    @Override
    public Try tryAgain() {
        if (hold.isPaused()) {
            return Try.NOBODY;
        }
        Candidates again = hold.candidates(client);
        Endpoint first = again.next();
        if (first == null) {
            return Try.NOBODY;
        }
        candidates = again;
        loop.cancel(this);
        tryFrom(first);
        return switch (state) {
            case CONNECTING, WAITING -> {
                hold.scouts();
                yield Try.BEGUN;
            }
            case CONNECTED -> Try.CONNECTED;
            case HELD, ENDED -> Try.FAILED;
        };
    }

    private void begin(Endpoint next) {
        endpoint = next;
        claimed = candidates != null && candidates.isClaimed();
        next.count(context.index, Count.SESSIONS, 1);
        entered = true;
        attemptUntil = earlier(loop.now() + settings.attemptNanos(), allUntil);
    }

    private static long earlier(long one, long other) {
        return one - other < 0 ? one : other;
    }

    /**
     * @return ≥ 0 when it is connected, on its way or waits; −errno when it has failed
     */
    private int attempt(Endpoint to) {
        state = State.CONNECTING;
        Address address = to.address();
        if (fd == NONE) {
            RetryQueue line = context.forDescriptor();
            if (line.isAheadOf(this)) {
                return waitIn(line, line.reason());
            }
            int opened = context.open(address, settings.tcp(), settings.sources());
            if (opened < 0) {
                // No other candidate would fare better, but a session may end.
                return EndCause.isShortage(-opened) ? waitIn(line, -opened) : opened;
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
            loop.schedule(this, attemptUntil);
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
            fd = NONE;
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
        errno = why;
        state = State.WAITING;
        if (queue != where) {
            leaveQueue();
            loop.stats().increment(Counter.CONNECT_WAITS);
            where.join(this, why);
            loop.schedule(this, attemptUntil);
        }
        return 0;
    }

    private void leaveQueue() {
        if (queue != null) {
            queue.leave(this);
        }
    }

    /**
     * Another try for one that waits; the queue's call.
     *
     * @return false when it still waits, for the same thing
     */
    boolean retry() {
        RetryQueue waited = queue;
        int result = attempt(Objects.requireNonNull(endpoint));
        if (result < 0) {
            failAttempt(-result);
            tryNext();
        }
        return queue != waited;
    }

    /** What epoll told of the connecting socket. */
    public void onEvents(int told) {
        Endpoint to = endpoint;
        if (state != State.CONNECTING || to == null || (told & (Epoll.OUT | Epoll.ERR | Epoll.HUP)) == 0) {
            return;
        }
        boolean broken = (told & (Epoll.ERR | Epoll.HUP)) != 0;
        // An upstream that spoke before it broke was connected to, and what it said is the client's.
        if (broken && kernel.bytesReadable(fd) <= 0) {
            int error = kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
            // So was one that said only that it has nothing to say: EPIPE is a reset behind a FIN.
            if (error != Errno.EPIPE) {
                attemptFailed(error > 0 ? error : Errno.ECONNRESET);
                return;
            }
        }
        if (context.isSelfConnect(fd, to.address())) {
            attemptFailed(Errno.ECONNREFUSED);
        } else {
            connected(to, told);
        }
    }

    @Override
    protected void onTimer(long now) {
        if (hurried && now - allUntil >= 0) {
            errno = Errno.ECANCELED;
            endAttempt();
            end();
        } else if (state == State.HELD) {
            end();
        } else if (state == State.WAITING && fd == NONE) {
            // Not for want of time: what was missing is what is told.
            int why = errno;
            allUntil = now;
            attemptFailed(why);
        } else {
            attemptFailed(Errno.ETIMEDOUT);
        }
    }

    /** A bug in here ends the connection that it is for. */
    @Override
    public Object faulty() {
        return owner;
    }

    private void connected(Endpoint to, int told) {
        loop.cancel(this);
        int connected = fd;
        fd = NONE;
        state = State.CONNECTED;
        entered = false; // the owner's from now on
        to.count(context.index, Count.CONNECTED, 1);
        hold.leave();
        try {
            owner.onConnected(to, connected, told);
        } finally {
            hold.endScout(true); // others may try then, and fail: this one is safe
        }
    }

    private void attemptFailed(int error) {
        failAttempt(error);
        tryNext();
    }

    private void failAttempt(int error) {
        errno = error;
        loop.stats().increment(Counter.CONNECT_FAILURES);
        if (endpoint != null && !isOurs(error)) {
            endpoint.count(context.index, Count.FAILURES, 1);
        }
        endAttempt();
    }

    /** Whether the attempt failed for want of something on this side, which says nothing of the endpoint. */
    private static boolean isOurs(int error) {
        return EndCause.isShortage(error) || error == Errno.EADDRNOTAVAIL;
    }

    private void endAttempt() {
        loop.cancel(this);
        leaveQueue();
        if (entered && endpoint != null) {
            entered = false;
            endpoint.leave(context.index, claimed);
        }
        if (fd >= 0) {
            // After a self-connect, a close in order would leave the port in TIME_WAIT.
            kernel.closeWithReset(fd);
            fd = NONE;
        }
    }
}
