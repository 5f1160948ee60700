package dev.sluice.proxy.relay;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import org.jspecify.annotations.Nullable;

/**
 * Two connected sockets and the two flows between them, from the moment both are connected.
 *
 * <pre>
 *   RELAYING ──both flows finished─────────────────────────────▶ ended, both sockets closed in order
 *      │
 *      └─a peer broke─▶ what it had sent is delivered ─▶ FLUSHING ─the other has it all─▶ ended, the other is reset
 *      └─time is up, or the loop stops─────────────────────────▶ ended, both are reset
 * </pre>
 *
 * <p>An end of stream is told to the other side only if it was one: whatever else ends a session ends it with a reset, so that
 * half a stream never looks like a whole one.
 */
public final class Session extends Timer implements Handler {
    /** Tags of the two sockets. */
    public static final int CLIENT = 0;

    public static final int UPSTREAM = 1;

    /** What both sockets are watched for. */
    public static final int EVENTS = Peer.EVENTS;

    /** How often the kernel is asked whether the last bytes before a reset have arrived. No event tells. */
    private static final long FLUSH_POLL_NANOS = 20_000_000;

    private enum Phase {
        RELAYING,
        /** One flow is finished. */
        HALF_CLOSED,
        /** A peer is broken; what it had sent is being delivered. */
        BREAKING,
        /** All is given to the other socket, which must still send it. */
        FLUSHING,
        ENDED
    }

    private final RelayContext context;
    private final SessionPolicy policy;
    private final Peer client;
    private final Peer upstream;
    private final Flow up;
    private final Flow down;
    private final SessionEnd.Builder record;
    private final int slot;
    private long lastActive;
    private Phase phase = Phase.RELAYING;
    private boolean queued;
    private int unsent = -1;
    private @Nullable Coalescing coalescing;

    private Session(RelayContext context, SessionPolicy policy, Connected sockets) {
        this.context = context;
        this.policy = policy;
        this.slot = sockets.slot();
        this.record = sockets.record();
        this.lastActive = context.loop().now();
        record.connected(sockets.upstreamAddress(), lastActive);
        // Nothing is known of the client yet: its first read finds out.
        this.client = new Peer(sockets.clientFd(), record.client().family(), Epoll.IN | Epoll.OUT);
        this.upstream = new Peer(sockets.upstreamFd(), sockets.upstreamAddress().family(), sockets.upstreamEvents());
        ConduitChoice choice = context.choice(policy.relay());
        this.up = new Flow(context, choice, client, upstream, Counter.BYTES_UP);
        this.down = new Flow(context, choice, upstream, client, Counter.BYTES_DOWN);
    }

    /**
     * What a session starts from; all of it belongs to the session from then on.
     *
     * @param slot under which {@code upstreamFd} is watched with tag {@link #UPSTREAM} for {@link #EVENTS}
     * @param clientFd connected, non-blocking, not watched
     * @param upstreamFd connected, non-blocking
     * @param upstreamEvents what epoll last told of it
     * @param record what is known of the connection so far
     */
    public record Connected(
            int slot,
            int clientFd,
            int upstreamFd,
            int upstreamEvents,
            Address upstreamAddress,
            SessionEnd.Builder record) {}

    /** Relays between two connected sockets. */
    public static void start(RelayContext context, SessionPolicy policy, Connected sockets) {
        Session session;
        try {
            session = new Session(context, policy, sockets);
        } catch (OutOfMemoryError e) {
            context.loop().detach(sockets.slot());
            context.kernel().setLinger(sockets.clientFd(), 0);
            context.kernel().close(sockets.clientFd());
            context.kernel().close(sockets.upstreamFd());
            context.gone();
            throw e;
        }
        context.loop().handOver(session.slot, session);
        try {
            session.begin(sockets.upstreamEvents());
        } catch (RuntimeException | OutOfMemoryError e) {
            // Whoever called is told, but it is no longer his to clean up.
            session.onFault();
            throw e;
        }
    }

    private void begin(int upstreamEvents) {
        int watched = context.loop().watch(slot, CLIENT, client.fd, EVENTS);
        if (watched < 0) {
            end(EndCause.NO_RESOURCES, -watched);
            return;
        }
        scheduleTimeout();
        pump(upstream, upstreamEvents);
    }

    @Override
    public void onEvents(int tag, int events) {
        Peer peer = tag == CLIENT ? client : upstream;
        peer.ready(events);
        if (phase == Phase.FLUSHING) {
            // The broken one's error may be told only now; it is the other's that makes waiting useless.
            if ((events & Epoll.ERR) != 0 && peer.failure == 0) {
                finish();
            }
            return;
        }
        pump(peer, events);
    }

    private void pump(Peer peer, int events) {
        pump();
        // A flow that is held up does not read and so does not find the error; it must be known all the same.
        if ((events & Epoll.ERR) != 0 && peer.failure == 0 && phase != Phase.ENDED) {
            int error = context.kernel().getsockopt(peer.fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
            peer.failure = error > 0 ? error : Errno.ECONNRESET;
            pump();
        }
    }

    @Override
    public void onTurn() {
        queued = false;
        if (phase.compareTo(Phase.FLUSHING) < 0) {
            pump();
        }
    }

    private void pump() {
        long movedUp = up.pump();
        long movedDown = down.pump();
        if (movedUp + movedDown > 0) {
            lastActive = context.loop().now();
            coalesce(movedUp, movedDown);
        }
        if (client.failure != 0 || upstream.failure != 0) {
            broken();
        } else if (up.isOver() && down.isOver()) {
            finish();
        } else {
            if (phase == Phase.RELAYING && (up.isOver() || down.isOver())) {
                record.because(up.isOver() ? EndCause.CLIENT_CLOSED : EndCause.UPSTREAM_CLOSED, 0);
                enter(Phase.HALF_CLOSED);
            }
            goOn();
        }
    }

    private void coalesce(long movedUp, long movedDown) {
        if (coalescing != null) {
            coalescing.moved(up, movedUp, down, movedDown, lastActive);
        } else if (policy.coalesceNanos() > 0 && up.delivered() + down.delivered() >= Coalescing.WORTH) {
            coalescing = new Coalescing(context, this, policy.coalesceNanos());
        }
    }

    /** There may be bytes that no event tells of. */
    void lookAt(Flow flow) {
        flow.source.ready(Epoll.IN);
        goOn();
    }

    private void goOn() {
        if (!queued && (up.canGoOn() || down.canGoOn())) {
            queued = true;
            context.loop().again(this);
        }
    }

    /** A new phase has a deadline of its own, counted from now. */
    private void enter(Phase next) {
        phase = next;
        lastActive = context.loop().now();
        scheduleTimeout();
    }

    /** A peer is broken. What it had sent before is still delivered; then the other one is reset. */
    private void broken() {
        boolean clientBroke = client.failure != 0;
        Peer broken = clientBroke ? client : upstream;
        Peer other = clientBroke ? upstream : client;
        Flow rest = clientBroke ? up : down;
        Flow lost = clientBroke ? down : up;
        lost.abort();
        if (phase != Phase.BREAKING) {
            record.because(EndCause.ofRelay(broken.failure, clientBroke), broken.failure);
            // The error may have been found by writing: whether there is something to read is not known.
            broken.ready(Epoll.IN | Epoll.RDHUP);
            enter(Phase.BREAKING);
        }
        boolean ours = record.cause() == EndCause.NO_RESOURCES || record.cause() == EndCause.INTERNAL_ERROR;
        if (ours || other.failure != 0) {
            finish();
        } else if (rest.isOver()) {
            flush(other);
        } else {
            goOn();
        }
    }

    /** A reset drops what the kernel has not sent yet: wait until there is nothing. A unix socket sends at once. */
    private void flush(Peer other) {
        int now = other.isUnix() ? 0 : context.kernel().bytesUnsent(other.fd);
        if (now <= 0) {
            finish();
            return;
        }
        phase = Phase.FLUSHING;
        if (now != unsent) {
            unsent = now;
            lastActive = context.loop().now();
        }
        context.loop().schedule(this, context.loop().now() + FLUSH_POLL_NANOS);
    }

    @Override
    protected void onTimer(long now) {
        boolean up = now - lastActive >= timeout();
        switch (phase) {
            case RELAYING, HALF_CLOSED -> {
                if (up) {
                    end(phase == Phase.RELAYING ? EndCause.IDLE_TIMEOUT : EndCause.HALF_CLOSE_TIMEOUT, 0);
                } else {
                    scheduleTimeout();
                }
            }
            case BREAKING -> {
                if (up) {
                    finish();
                } else {
                    scheduleTimeout();
                }
            }
            case FLUSHING -> {
                boolean clientBroke = client.failure != 0;
                if (up) {
                    finish();
                } else {
                    flush(clientBroke ? upstream : client);
                }
            }
            case ENDED -> {}
        }
    }

    /** How long this phase may go without a byte, nanoseconds; 0 = for ever. */
    private long timeout() {
        return switch (phase) {
            case RELAYING, ENDED -> policy.idleNanos();
            case HALF_CLOSED -> policy.halfCloseNanos();
            case BREAKING, FLUSHING -> policy.breakNanos();
        };
    }

    /** Activity only stores a time; the timer looks at it when it fires. */
    private void scheduleTimeout() {
        long limit = timeout();
        if (limit > 0) {
            context.loop().schedule(this, lastActive + limit);
        } else {
            context.loop().cancel(this);
        }
    }

    @Override
    public void onStop() {
        if (phase != Phase.ENDED) {
            end(EndCause.DRAINED, 0);
        }
    }

    @Override
    public void onFault() {
        if (phase != Phase.ENDED) {
            end(EndCause.INTERNAL_ERROR, 0);
        }
    }

    private void end(EndCause why, int error) {
        record.because(why, error);
        finish();
    }

    /** The one way out: in order when both flows finished, else with a reset to both sides. */
    private void finish() {
        boolean inOrder = up.isFinished() && down.isFinished() && client.failure == 0 && upstream.failure == 0;
        phase = Phase.ENDED;
        context.loop().cancel(this);
        if (coalescing != null) {
            context.loop().cancel(coalescing);
        }
        context.loop().detach(slot);
        up.abort();
        down.abort();
        close(upstream, inOrder);
        close(client, inOrder);
        context.ended(
                record.end(context.loop().now(), up.delivered(), down.delivered(), up.spliced() + down.spliced()));
    }

    private void close(Peer peer, boolean inOrder) {
        boolean gone = peer.failure == Errno.ECONNRESET || peer.failure == Errno.EPIPE;
        if (!inOrder && !gone) {
            context.kernel().setLinger(peer.fd, 0);
        }
        context.kernel().close(peer.fd);
    }
}
