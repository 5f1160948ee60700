package dev.sluice.proxy.relay;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.stats.SessionReport;
import dev.sluice.proxy.stats.SessionSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * Two connected sockets, from the moment both are connected: how far the session is, how long it may be silent, and its one end.
 * The bytes between the sockets are {@link Transfer}'s.
 *
 * <pre>
 *   RELAYING ──both flows finished─────────────────────────────▶ ended, both sockets closed in order
 *      │
 *      └─a side broke─▶ what it had sent is delivered ─▶ FLUSHING ─the other has it all─▶ ended, the other is reset
 *      └─time is up, or the loop stops─────────────────────────▶ ended, both are reset
 * </pre>
 *
 * <p>An end of stream is told to the other side only if it was one: whatever else ends a session ends it with a reset, so that
 * half a stream never looks like a whole one.
 */
public final class Session extends Timer implements Handler, Connection {
    /** Tags of the two sockets. */
    public static final int CLIENT = 0;

    public static final int UPSTREAM = 1;

    /** What both sockets are watched for. */
    public static final int EVENTS = Side.EVENTS;

    /** What is done outside when a session ends. */
    public interface AtEnd extends Runnable {
        /** Before that: the upstream has reset the session in its first second, before it had said anything. */
        default void earlyReset() {}

        /**
         * What the kernel has measured of the upstream's connection.
         *
         * @param rttMicros a round-trip time; 0 = none yet
         * @param retransmits segments that were sent again since this was told last
         */
        default void measured(int rttMicros, int retransmits) {}
    }

    /** For a session whose end nobody waits for. */
    public static final AtEnd NOTHING_AT_END = () -> {};

    /** How often the kernel is asked whether the last bytes before a reset have arrived, for no event tells: less and less often. */
    private static final int FIRST_POLL_MILLIS = 20;

    private static final int LAST_POLL_MILLIS = 1000;

    /** When the upstream's socket is given its keepalive. Most sessions are over by then, and the calls for it saved. */
    private static final long YOUNG_NANOS = 1_000_000_000L;

    private enum Phase {
        RELAYING(LiveSession.State.RELAYING),
        /** One flow is finished. */
        HALF_CLOSED(LiveSession.State.HALF_CLOSED),
        /** A side is broken; what it had sent is being delivered. */
        BREAKING(LiveSession.State.BREAKING),
        /** All is given to the other socket, which must still send it. */
        FLUSHING(LiveSession.State.FLUSHING),
        /** Nobody sees it any more. */
        ENDED(LiveSession.State.FLUSHING);

        final LiveSession.State shown;

        Phase(LiveSession.State shown) {
            this.shown = shown;
        }
    }

    final RelayContext context;
    private final SessionPolicy policy;
    private final Transfer transfer;
    private final SessionRecord record;
    private final AtEnd atEnd;
    final int slot;
    private long lastActive;
    private Phase phase = Phase.RELAYING;
    private boolean queued;
    private boolean young = true;
    /** Intervals that were told of, as far as two bytes know: a session must stay small. */
    private short told;

    private int unsent = -1;
    private int pollMillis;

    private Session(RelayContext context, SessionPolicy policy, Connected sockets) {
        this.context = context;
        this.policy = policy;
        this.slot = sockets.slot();
        this.record = sockets.record();
        this.atEnd = sockets.atEnd();
        this.lastActive = context.loop().now();
        this.transfer = new Transfer(context, this, policy, sockets);
        record.connected(sockets.upstreamAddress(), lastActive);
    }

    /**
     * What a session starts from; all of it belongs to the session from then on. Both sockets are connected and non-blocking, and
     * both are watched for {@link #EVENTS} under the slot, with the tags {@link #CLIENT} and {@link #UPSTREAM}.
     *
     * @param slot the session's
     * @param clientEvents what epoll has told of the client's socket so far
     * @param upstreamEvents what epoll has told of the upstream's
     * @param record what is known of the connection so far
     * @param row where its bytes are counted, and that it lives; until it ends it is among those that live there
     * @param atEnd is run once, when the session has ended and its sockets are closed; {@link #NOTHING_AT_END} for nothing
     */
    public record Connected(
            int slot,
            int clientFd,
            int clientEvents,
            int upstreamFd,
            int upstreamEvents,
            Address upstreamAddress,
            SessionRecord record,
            ListenerStats.Row row,
            AtEnd atEnd) {}

    /** Relays between two connected sockets. */
    public static void start(RelayContext context, SessionPolicy policy, Connected sockets) {
        Session session;
        try {
            session = new Session(context, policy, sockets);
        } catch (RuntimeException | OutOfMemoryError e) {
            drop(context, sockets);
            throw e;
        }
        context.loop().handOver(session.slot, session);
        try {
            session.begin(sockets.clientEvents(), sockets.upstreamEvents());
        } catch (RuntimeException | OutOfMemoryError e) {
            // Whoever called is told, but it is no longer theirs to clean up.
            session.onFault();
            throw e;
        }
    }

    /** There is no memory for a session. */
    private static void drop(RelayContext context, Connected sockets) {
        try {
            context.kernel().closeWithReset(sockets.clientFd());
        } finally {
            try {
                context.kernel().closeWithReset(sockets.upstreamFd());
            } finally {
                leave(context, sockets.slot(), sockets.atEnd(), sockets.row());
            }
        }
    }

    private void begin(int clientEvents, int upstreamEvents) {
        context.connected(record);
        if (policy.tellNanos() > 0) {
            told = intervals(lastActive);
        }
        if (policy.tellsStart()) {
            tell(true);
        }
        scheduleTimeout();
        pump();
        findError(transfer.client(), clientEvents);
        findError(transfer.upstream(), upstreamEvents);
    }

    @Override
    public void onEvents(int tag, int events) {
        Side side = transfer.side(tag);
        side.ready(events);
        if (phase == Phase.FLUSHING) {
            // The broken one's error may be told only now; it is the other's that makes waiting useless.
            if ((events & Epoll.ERR) != 0 && side.failure == 0) {
                finish();
            }
            return;
        }
        if (transfer.isOfStream(side, events)) {
            // What is small goes first.
            goOn();
        } else {
            pump();
        }
        findError(side, events);
    }

    private void findError(Side side, int events) {
        if ((events & Epoll.ERR) != 0 && side.failure == 0 && phase != Phase.ENDED) {
            transfer.askError(side);
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
        if (transfer.pump(policy.coalesceNanos())) {
            lastActive = context.loop().now();
        }
        Side broken = transfer.broken();
        if (broken != null) {
            deliverRest(broken);
        } else if (transfer.isOver()) {
            finish();
        } else {
            boolean clientEnded = transfer.isOverFrom(transfer.client());
            if (phase == Phase.RELAYING && (clientEnded || transfer.isOverFrom(transfer.upstream()))) {
                record.because(clientEnded ? EndCause.CLIENT_CLOSED : EndCause.UPSTREAM_CLOSED, 0);
                enter(Phase.HALF_CLOSED);
            }
            goOn();
        }
    }

    /** Whether it waits for its turn. */
    boolean isQueued() {
        return queued;
    }

    /** Another turn, if there is something to do in it. */
    void goOn() {
        if (!queued && transfer.canGoOn()) {
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

    /** A side is broken. What it had sent before is still delivered; then the other one is reset. */
    private void deliverRest(Side broken) {
        Side other = transfer.other(broken);
        transfer.dropTo(broken);
        if (phase != Phase.BREAKING) {
            record.because(EndCause.ofRelay(broken.failure, broken == transfer.client()), broken.failure);
            // The error may have been found by writing: whether there is something to read is not known.
            broken.ready(Epoll.IN | Epoll.RDHUP);
            enter(Phase.BREAKING);
        }
        boolean ours = record.cause() == EndCause.NO_RESOURCES || record.cause() == EndCause.INTERNAL_ERROR;
        if (ours || other.failure != 0) {
            finish();
        } else if (transfer.isOverFrom(broken)) {
            flush(other);
        } else {
            goOn();
        }
    }

    /** A reset drops what the kernel has not sent yet: wait until there is nothing. A unix socket sends at once. */
    private void flush(Side other) {
        int now = other.isUnix() ? 0 : context.kernel().bytesUnsent(other.fd);
        if (now <= 0) {
            finish();
            return;
        }
        phase = Phase.FLUSHING;
        if (now != unsent) {
            unsent = now;
            lastActive = context.loop().now();
            pollMillis = FIRST_POLL_MILLIS;
        } else {
            pollMillis = Math.min(2 * pollMillis, LAST_POLL_MILLIS);
        }
        long poll = context.loop().now() + pollMillis * 1_000_000L;
        context.loop().schedule(this, Math.min(poll, lastActive + timeout()));
    }

    /** How many intervals it has lived. */
    private short intervals(long now) {
        return (short) ((now - record.acceptedAt()) / policy.tellNanos());
    }

    /** When it is to tell that it lives. */
    private long nextTell(long now) {
        long age = now - record.acceptedAt();
        return intervals(now) == told ? now - age % policy.tellNanos() + policy.tellNanos() : now;
    }

    /** That it has begun, or lives. It is not ended for want of memory to say so. */
    private void tell(boolean start) {
        try {
            SessionSnapshot known = snapshot();
            context.report(start ? new SessionReport.Start(known) : new SessionReport.Interval(known));
        } catch (OutOfMemoryError e) {
            return;
        }
    }

    @Override
    protected void onTimer(long now) {
        if (policy.tellNanos() > 0 && intervals(now) != told) {
            told = intervals(now);
            tell(false);
        }
        long limit = timeout();
        boolean timeIsUp = limit > 0 && now - lastActive >= limit;
        if (young && now - oldAt() >= 0) {
            young = false;
            transfer.keepUpstreamAlive(policy.upstreamTcp());
        }
        switch (phase) {
            case RELAYING, HALF_CLOSED -> {
                if (isTooOld(now)) {
                    end(EndCause.AGE, 0);
                } else if (timeIsUp) {
                    end(phase == Phase.RELAYING ? EndCause.IDLE_TIMEOUT : EndCause.HALF_CLOSE_TIMEOUT, 0);
                } else {
                    scheduleTimeout();
                }
            }
            case BREAKING -> {
                if (timeIsUp) {
                    finish();
                } else {
                    scheduleTimeout();
                }
            }
            case FLUSHING -> {
                Side broken = transfer.broken();
                if (timeIsUp || broken == null) {
                    finish();
                } else {
                    flush(transfer.other(broken));
                }
            }
            case ENDED -> {}
        }
    }

    /** When its first second is over. */
    private long oldAt() {
        return record.connectedAt() + YOUNG_NANOS;
    }

    private boolean isTooOld(long now) {
        return policy.maxAgeNanos() > 0 && now - policy.ageLimit(record) >= 0;
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
        long now = context.loop().now();
        long wait = limit == 0 ? Long.MAX_VALUE : lastActive + limit - now;
        if (young) {
            wait = Math.min(wait, oldAt() - now);
        }
        if (policy.maxAgeNanos() > 0 && phase.compareTo(Phase.BREAKING) < 0) {
            wait = Math.min(wait, policy.ageLimit(record) - now);
        }
        if (policy.tellNanos() > 0) {
            wait = Math.min(wait, nextTell(now) - now);
        }
        if (wait == Long.MAX_VALUE) {
            context.loop().cancel(this);
        } else {
            context.loop().schedule(this, now + wait);
        }
    }

    @Override
    public void onStop() {
        cut(EndCause.DRAINED);
    }

    @Override
    public void onFault() {
        cut(EndCause.INTERNAL_ERROR);
    }

    /** Ends at once, with a reset to both sides. */
    @Override
    public void cut(EndCause why) {
        if (phase != Phase.ENDED) {
            end(why, 0);
        }
    }

    @Override
    public SessionRecord record() {
        return record;
    }

    @Override
    public LiveSession.State state() {
        return phase.shown;
    }

    @Override
    public @Nullable Address endpoint() {
        return record.endpoint();
    }

    @Override
    public long moved() {
        return transfer.up() + transfer.down();
    }

    /** Asks the kernel what it has measured of the upstream's connection; tells it to who counts it, each retransmit once. */
    public void measure() {
        transfer.measure(record, atEnd);
    }

    @Override
    public SessionSnapshot snapshot() {
        measure();
        return record.snapshot(context.loop().now(), transfer.up(), transfer.down(), transfer.spliced());
    }

    /** The first bytes have gone to a side. */
    void firstBytes(boolean up) {
        if (up) {
            record.firstUp(context.loop().now());
        } else {
            record.firstDown(context.loop().now());
        }
    }

    /** What is done outside when it ends. */
    public AtEnd atEnd() {
        return atEnd;
    }

    private void end(EndCause why, int error) {
        record.because(why, error);
        finish();
    }

    /** The one way out: in order when both flows finished, else with a reset to both sides. */
    private void finish() {
        phase = Phase.ENDED;
        try {
            context.loop().cancel(this);
            if (young && record.cause() == EndCause.UPSTREAM_RESET && transfer.down() == 0) {
                atEnd.earlyReset();
            }
            closeSockets();
        } finally {
            try {
                leave(context, slot, atEnd, transfer.row());
            } finally {
                long now = context.loop().now();
                context.tell(record.end(now, transfer.up(), transfer.down(), transfer.spliced(), null));
            }
        }
    }

    private void closeSockets() {
        try {
            if (context.wantsTcpInfo()) {
                measure();
            }
        } finally {
            transfer.close(transfer.isInOrder());
        }
    }

    /** Whatever was thrown on the way here, nobody counts on the session any more. */
    private static void leave(RelayContext context, int slot, AtEnd atEnd, ListenerStats.Row row) {
        try {
            context.loop().detach(slot);
        } finally {
            try {
                atEnd.run();
            } finally {
                row.left();
                context.gone();
            }
        }
    }
}
