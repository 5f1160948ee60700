package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * Connects once to an upstream: one candidate after the other, each with a deadline of its own and all with one together, until one
 * is connected or none is left.
 *
 * <pre>
 *   TRYING ──connected──▶ CONNECTED, the owner has it
 *    │ │ └──failed ({@link Attempt})──▶ TRYING the next candidate
 *    │ ├──the only one there is has refused, and may be starting──▶ RESTING ──▶ TRYING it again
 *    │ └──nobody takes it now──▶ HELD ({@link HoldQueue}) ──▶ TRYING again
 *    └──nobody is left, or the time is up──▶ ENDED, the owner is told why
 * </pre>
 *
 * <p>One object for each connection, on its loop's thread. It has no slot of its own: its owner watches for it.
 */
public final class Connector extends Attempt implements HoldQueue.Held {
    /** Whose connection it is. Either it is connected or it fails, once, unless {@link #cancel} comes first. */
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
         * @param cause LIMIT when it has waited for room in vain, DOWN when nobody took connections, ADMIN when its upstream
         *     was paused, else what became of the last attempt;
         *     the cause of {@link Connector#refusal} if there is one
         * @param errno of the last attempt; ETIMEDOUT when there was no answer in time, ECANCELED when there was none in the time that
         *     {@link #hurry} had left, 0 for want of an attempt or of room
         */
        void onFailed(@Nullable Endpoint last, EndCause cause, int errno);

        /** Whether new connections go to another upstream by now: then it is not held for this one, but fails. */
        default boolean hasMoved() {
            return false;
        }
    }

    private enum State {
        TRYING,
        RESTING,
        HELD,
        CONNECTED,
        ENDED
    }

    /** How long the only one there is has to start before it is tried again; as long as an attempt at most. */
    static final long REST_NANOS = 1_000_000_000;

    private final Owner owner;
    private final Upstream upstream;
    private final Address client;
    /** Null as long as it has never been held. */
    private @Nullable Hold hold;

    private @Nullable Candidates candidates;
    private State state = State.TRYING;
    /** There was no room for one more to be held. */
    private boolean crowded;

    private @Nullable Refusal refusal;
    private long allUntil;
    private boolean hurried;
    /** Of the last attempt; 0 when there was none, or when there is room to wait for since. */
    private int errno;

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
        super(context, slot, tag, events, settings);
        this.owner = owner;
        this.upstream = upstream;
        this.client = client;
    }

    /** Begins. The outcome may be told before this returns. */
    public void start() {
        allUntil = loop.now() + settings.allNanos();
        boolean paused = upstream.state().isPaused();
        if ((paused || context.isHolding(upstream.state())) && beginsHold()) {
            return;
        }
        if (paused) {
            end();
        } else {
            candidates = upstream.candidates(context.index, client);
            tryFrom(next());
        }
    }

    /** Whether it waits for something that may never come, rather than for an answer. */
    public boolean isWaiting() {
        return isInLine() || state == State.HELD || state == State.RESTING;
    }

    /** Whether it is held: nobody takes its connection now. */
    public boolean isHeld() {
        return state == State.HELD;
    }

    /** Whether it is held, or was and tries again. */
    public boolean wasHeld() {
        return hold != null && !isOver();
    }

    private boolean isOver() {
        return state == State.CONNECTED || state == State.ENDED;
    }

    /**
     * The owner will not wait any longer than this; a later deadline than the present one changes nothing. That the time is up then is not
     * held against the endpoint.
     */
    public void hurry(long until) {
        if (isOver() || until - allUntil >= 0) {
            return;
        }
        hurried = true;
        allUntil = until;
        if (isUnderWay()) {
            hurryTo(until);
        } else {
            loop.schedule(this, until);
        }
    }

    /** Gives up the present attempt, if it is at this endpoint, which is down or removed, and goes where new connections do. */
    public void avoid(Endpoint lost) {
        if (isUnderWay() && endpoint() == lost) {
            renew();
            fail(Errno.EHOSTDOWN);
        }
    }

    /** Goes by the newest configuration of its upstream from now on, if it does not already. */
    private void renew() {
        Upstream newest = upstream.state().newest(upstream);
        if (candidates == null || !candidates.areOf(newest)) {
            candidates = newest.candidates(context.index, client);
        }
    }

    /** Ends without an outcome: the owner is not told, and nothing is left open. */
    public void cancel() {
        if (!isOver()) {
            endAttempt();
            over();
        }
    }

    private void over() {
        state = State.ENDED;
        if (hold != null) {
            hold.leave();
            hold.endScout(false);
        }
    }

    private void end() {
        over();
        if (tries() == 0 && hold == null && errno == 0) {
            refusal = crowded ? Refusal.HOLD : lack() == EndCause.LIMIT ? null : Refusal.DOWN;
        }
        EndCause cause = refusal != null ? refusal.cause() : errno == 0 ? lack() : EndCause.ofConnect(errno);
        owner.onFailed(endpoint(), cause, errno);
    }

    /** Why it was turned away at once; null when it was not. */
    public @Nullable Refusal refusal() {
        return refusal;
    }

    /** Why nobody could be tried. */
    private EndCause lack() {
        UpstreamState common = upstream.state();
        if (common.isPaused()) {
            return EndCause.ADMIN; // whatever its endpoints are
        }
        return common.newest(upstream).isUp() ? EndCause.LIMIT : EndCause.DOWN;
    }

    /** The next candidate, if there is one and time for it; for the first one there always is. */
    private @Nullable Endpoint next() {
        if (candidates != null && !candidates.areOf(upstream)) {
            renew(); // only its own configuration's endpoints are kept for it, and the newest one's: others may be gone
            // for good
        }
        Candidates from = candidates;
        if (from == null || (loop.now() - allUntil >= 0 && endpoint() != null)) {
            return null;
        }
        Endpoint next = from.next();
        if (next == null && from.outcome() == Candidates.Outcome.FULL) {
            errno = 0; // whatever has failed: it is room that it waits for now
        }
        return next;
    }

    private void tryFrom(@Nullable Endpoint first) {
        state = State.TRYING;
        for (Endpoint next = first; next != null; next = next()) {
            boolean claimed = candidates != null && candidates.isClaimed();
            int result = begin(next, claimed, earlier(loop.now() + settings.attemptNanos(), allUntil));
            if (result >= 0) {
                return;
            }
            errno = -result;
        }
        if (!beginsHold() && !rests()) {
            end();
        }
    }

    private static long earlier(long one, long other) {
        return one - other < 0 ? one : other;
    }

    /** Whether it is held from now on, in case that somebody takes connections later. A client that has ended is not. */
    private boolean beginsHold() {
        if (hurried || isOurs(errno) || owner.hasMoved()) {
            return false;
        }
        Hold holding = hold == null ? new Hold(context, upstream, this, loop.now()) : hold;
        Long until = holding.begin(candidates, loop.now(), allUntil);
        if (until == null) {
            crowded = holding.isCrowdedOut();
            return false;
        }
        hold = holding;
        state = State.HELD;
        waits();
        if (until - allUntil > 0) {
            allUntil = until; // a hold counts in full
        }
        loop.schedule(this, until);
        return true;
    }

    /** Whether it tries the only one there is again after a moment. Who has been held has had his time. */
    private boolean rests() {
        long at = loop.now() + Math.min(REST_NANOS, settings.attemptNanos());
        if (!isRefusal(errno) || hurried || hold != null || at - allUntil >= 0 || owner.hasMoved()) {
            return false;
        }
        if (candidates == null || !candidates.again()) {
            return false;
        }
        state = State.RESTING;
        waits();
        loop.schedule(this, at);
        return true;
    }

    /** Whether nobody listened, so that somebody may later. Who did not answer has had his time, and who reset was there. */
    private static boolean isRefusal(int error) {
        return error != 0 && error != Errno.ETIMEDOUT && error != Errno.ECONNRESET && !isOurs(error);
    }

    @Override
    public Try tryAgain() {
        Hold held = hold;
        if (held == null || upstream.state().isPaused()) {
            return Try.NOBODY;
        }
        Candidates again = held.candidates(client);
        Endpoint first = again.next();
        if (first == null) {
            return Try.NOBODY;
        }
        candidates = again;
        loop.cancel(this);
        tryFrom(first);
        return switch (state) {
            case TRYING -> {
                held.scouts();
                yield Try.BEGUN;
            }
            case CONNECTED -> Try.CONNECTED;
            case HELD, RESTING, ENDED -> Try.FAILED;
        };
    }

    @Override
    protected void onTimer(long now) {
        if (hurried && now - allUntil >= 0) {
            errno = Errno.ECANCELED;
            endAttempt();
            end();
        } else if (state == State.HELD) {
            end();
        } else if (state == State.RESTING) {
            renew();
            tryFrom(upstream.state().isPaused() ? null : next());
        } else {
            int missing = shortage();
            if (missing != 0) {
                allUntil = now; // not for want of time: what was missing is what is told
            }
            fail(missing == 0 ? Errno.ETIMEDOUT : missing);
        }
    }

    /** A bug in here ends the connection that it is for. */
    @Override
    public Object faulty() {
        return owner;
    }

    @Override
    void onConnected(Endpoint to, int connected, int told) {
        state = State.CONNECTED;
        Hold held = hold;
        if (held == null) {
            owner.onConnected(to, connected, told);
            return;
        }
        held.leave();
        try {
            owner.onConnected(to, connected, told);
        } finally {
            held.endScout(true); // others may try then, and fail: this one is safe
        }
    }

    @Override
    void onFailed(int error) {
        errno = error;
        tryFrom(next());
    }
}
