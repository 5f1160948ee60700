package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import java.util.concurrent.CompletableFuture;

/**
 * A walk over the slots of one loop, some in each turn, since the sessions of others must not wait.
 *
 * @param <A> what comes of it
 */
abstract class Walk<A> implements Handler {
    static final int SLOTS_PER_TURN = 256;

    private final EventLoop loop;
    private final CompletableFuture<A> outcome = new CompletableFuture<>();
    private int next;

    Walk(EventLoop loop) {
        this.loop = loop;
    }

    /** Looks at whatever has a slot. What this throws ends that one. */
    abstract void visit(Handler handler);

    /** What has come of it, when all were visited. */
    abstract A outcome();

    /**
     * Begins; what has come of it is told when all were visited. Not now: events of this turn may be for an attempt that is given up, and
     * would be taken for those of the next one.
     */
    final CompletableFuture<A> begin() {
        loop.again(this);
        return outcome;
    }

    /** Nothing more is to be looked at. */
    final void end(A with) {
        outcome.complete(with);
    }

    /** It has come to nothing. */
    final void fail(Throwable why) {
        outcome.completeExceptionally(why);
    }

    @Override
    public final void onTurn() {
        if (outcome.isDone()) {
            return;
        }
        next = loop.each(next, SLOTS_PER_TURN, handler -> {
            if (!outcome.isDone()) {
                visit(handler);
            }
        });
        if (next < 0) {
            end(outcome());
        } else {
            loop.again(this);
        }
    }

    /** It watches nothing. */
    @Override
    public final void onEvents(int tag, int events) {}

    @Override
    public final void onFault() {
        fail(new IllegalStateException(getClass().getSimpleName() + " has failed"));
    }
}
