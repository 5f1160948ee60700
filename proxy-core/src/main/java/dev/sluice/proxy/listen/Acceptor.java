package dev.sluice.proxy.listen;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Upstream;

/**
 * One loop's share in a listening socket. Every loop watches the socket, and the kernel wakes one of them (EPOLLEXCLUSIVE);
 * the one that accepts hands the connection to the loop with the fewest sessions, itself if none has fewer. So twenty sessions
 * are spread as evenly as twenty thousand.
 */
public final class Acceptor extends Timer implements Handler {
    /** Connections accepted before the others have their turn. */
    private static final int BATCH = 64;

    /** Batches taken at most when the listener closes: as many as fit the backlog. */
    private static final int LAST_BATCHES = 64;

    /** How long nothing is accepted after descriptors or memory ran out; the clients wait in the backlog. */
    private static final long PAUSE_NANOS = 100_000_000;

    private final RelayContext context;
    private final Kernel kernel;
    private final EventLoop loop;
    private final ListenSocket socket;
    private final SessionPolicy policy;
    private final Upstream upstream;
    private final ConnectSettings connecting;
    private final SockaddrBuffer peer;
    private final DescriptorBudget budget;
    private final LoopBalancer balancer;
    private final int index;
    private final RateLimit warnings = new RateLimit(RelayContext.WARNING_INTERVAL);
    private int slot = -1;

    /**
     * @param budget the process's
     * @param balancer the listener's shares in all loops; this one is entered into it
     * @param index this loop's
     */
    public Acceptor(
            RelayContext context,
            ListenSocket socket,
            ListenerConfig config,
            Upstream upstream,
            DescriptorBudget budget,
            int firstEphemeralPort,
            LoopBalancer balancer,
            int index) {
        this.context = context;
        this.kernel = context.kernel();
        this.loop = context.loop();
        this.socket = socket;
        this.policy = SessionPolicy.of(config);
        this.upstream = upstream;
        this.peer = new SockaddrBuffer(kernel);
        this.connecting = new ConnectSettings(
                new SockaddrBuffer(kernel),
                config.timeouts().connect().toNanos(),
                Session.UPSTREAM,
                Session.EVENTS,
                budget,
                firstEphemeralPort);
        this.budget = budget;
        this.balancer = balancer;
        this.index = index;
        balancer.enter(index, this);
    }

    /**
     * Begins to accept, later if it cannot at once.
     *
     * @return 0, or why it cannot yet: −errno
     */
    public int open() {
        slot = loop.attach(this);
        int watched = watch();
        if (watched < 0) {
            loop.schedule(this, loop.now() + PAUSE_NANOS);
        }
        return watched;
    }

    /** Takes what has connected already, and stops accepting; the socket stays open for the other loops. */
    public void drain() {
        boolean more = slot >= 0;
        for (int i = 0; more && i < LAST_BATCHES; i++) {
            more = accept();
        }
        close();
    }

    private void close() {
        if (slot >= 0) {
            loop.cancel(this);
            loop.unwatch(socket.fd());
            loop.detach(slot);
            slot = -1;
        }
    }

    @Override
    public void onStop() {
        close();
    }

    @Override
    public void onFault() {
        if (slot >= 0) {
            pause(Errno.EIO);
        }
    }

    private int watch() {
        return loop.watch(slot, 0, socket.fd(), Epoll.IN | Epoll.EXCLUSIVE);
    }

    @Override
    public void onEvents(int tag, int events) {
        accept();
    }

    /** @return whether there may be more */
    private boolean accept() {
        for (int i = 0; i < BATCH; i++) {
            int held = budget.hold(kernel);
            if (held < 0) {
                pause(-held);
                return false;
            }
            int fd = kernel.accept4(socket.fd(), peer, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC);
            if (fd >= 0) {
                place(fd, peer.toAddress());
            } else if (fd == -Errno.EAGAIN) {
                return false;
            } else if (!isOfOneConnection(-fd)) {
                pause(-fd);
                return false;
            }
        }
        return true;
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
    private void pause(int errno) {
        loop.unwatch(socket.fd());
        loop.schedule(this, loop.now() + PAUSE_NANOS);
        loop.stats().increment(Counter.ACCEPT_PAUSES);
        if (warnings.passes(loop.now())) {
            context.warn("cannot accept on " + socket.address() + ": " + Errno.describe(errno)
                    + "; clients wait until sessions end. "
                    + (errno == Errno.EMFILE ? "A higher limit (ulimit -n) helps" : "The system as a whole is short"));
        }
    }

    @Override
    protected void onTimer(long now) {
        if (watch() < 0) {
            loop.schedule(this, now + PAUSE_NANOS);
        }
    }

    /** Takes the two descriptors of a session together, here, and gives them to the loop that has the fewest. */
    private void place(int fd, Address client) {
        long acceptedAt = loop.now();
        int turn = upstream.takeTurn();
        int opened = connecting.open(kernel, upstream.first(turn));
        Acceptor chosen = balancer.choose(index);
        if (chosen == this) {
            admit(fd, client, acceptedAt, turn, opened);
        } else {
            loop.postTo(chosen.loop, () -> chosen.admit(fd, client, acceptedAt, turn, opened));
        }
    }

    private void admit(int fd, Address client, long acceptedAt, int turn, int opened) {
        Admission admission;
        try {
            // Accepted by another loop, it may be younger than this one's turn.
            long at = Math.min(acceptedAt, loop.now());
            admission = new Admission(context, policy, connecting, upstream, turn, opened, fd, client, at);
        } catch (OutOfMemoryError e) {
            kernel.setLinger(fd, 0);
            kernel.close(fd);
            if (opened >= 0) {
                kernel.close(opened);
            }
            balancer.giveUp(index);
            pause(Errno.ENOMEM);
            return;
        }
        loop.stats().increment(Counter.ACCEPTED);
        loop.stats().increment(Counter.ACTIVE);
        try {
            admission.start();
        } catch (RuntimeException | OutOfMemoryError e) {
            // One connection's trouble: the listener goes on.
            loop.failed(admission, e);
        }
    }
}
