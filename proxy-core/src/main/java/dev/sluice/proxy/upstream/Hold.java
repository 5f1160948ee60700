package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.WhenDown;
import org.jspecify.annotations.Nullable;

/** What there is of a connection when it is held: since when, and whether it is the one that tries for all. On its loop's thread. */
final class Hold {
    private final ConnectContext context;
    private final Upstream upstream;
    private final HoldQueue.Held connection;
    private final long since;
    /** It counts as held, though it may be trying again. */
    private boolean counted;
    /** There was no room for it among those that are held. */
    private boolean crowdedOut;
    /** It tries again, and the others that are held wait for what comes of it. */
    private boolean scout;

    /**
     * @param upstream where it goes
     * @param now when there was nobody for it, by the loop's clock
     */
    Hold(ConnectContext context, Upstream upstream, HoldQueue.Held connection, long now) {
        this.context = context;
        this.upstream = upstream;
        this.connection = connection;
        this.since = now;
    }

    /** Whether others are held: they came first. */
    private boolean isBehindOthers() {
        return context.isHolding(upstream.state());
    }

    /** Who may be tried after it was held: by the newest configuration, which may be what it was held for. */
    Candidates candidates(Address client) {
        return upstream.state().newest(upstream).candidates(context.index, client);
    }

    /**
     * Begins, or goes on after a try that came to nothing, if that is what the upstream does now and there is room and time for it.
     *
     * @param tried who was tried last, null when nobody was
     * @param deadline of the connection
     * @return until when, which may be after the deadline; null when it is not held
     */
    @Nullable
    Long begin(@Nullable Candidates tried, long now, long deadline) {
        UpstreamState common = upstream.state();
        WhenDown policy = common.newest(upstream).whenDown();
        // Who is full is not down: there is room as soon as a session ends. And who came first is served first.
        boolean full =
                tried == null ? policy.hold().isZero() && isBehindOthers() : tried.outcome() == Candidates.Outcome.FULL;
        long held = since + policy.hold().toNanos();
        long until = (full || common.isPaused()) && deadline - held > 0 ? deadline : held;
        int max = full || common.isPaused() ? Integer.MAX_VALUE : policy.max();
        if (now - until >= 0) {
            return null;
        }
        if (!counted && !common.claim(max)) {
            crowdedOut = true;
            return null;
        }
        counted = true;
        HoldQueue others = context.holding(common);
        others.join(connection);
        endScout(false);
        if (full && tried != null && tried.hasRoomNow()) {
            others.lookSoon(); // a session has ended before this one counted as held
        }
        return until;
    }

    /** Whether it is not held since as many are as may be. */
    boolean isCrowdedOut() {
        return crowdedOut;
    }

    /** Its attempt has begun: the others wait for what comes of it. */
    void scouts() {
        scout = true;
    }

    /** It is connected or has ended, and so it is held no more. */
    void leave() {
        if (counted) {
            counted = false;
            upstream.state().release();
            HoldQueue others = context.held(upstream.state());
            if (others != null) {
                others.leave(connection);
            }
        }
    }

    /** What has become of its try, if it was one for all; others may try at once. */
    void endScout(boolean connected) {
        HoldQueue others = scout ? context.held(upstream.state()) : null;
        scout = false;
        if (others != null) {
            others.ended(connected);
        }
    }
}
