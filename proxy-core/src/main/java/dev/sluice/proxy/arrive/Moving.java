package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;

/**
 * A listener has another upstream: a walk over the slots of one loop, some in each turn, which sends those there that are held for the one
 * before.
 */
final class Moving implements Handler {
    private final EventLoop loop;
    private int next;

    Moving(EventLoop loop) {
        this.loop = loop;
    }

    /** Begins in the next turn: of this one, events may be under way for attempts that are given up. */
    void begin() {
        loop.again(this);
    }

    @Override
    public void onTurn() {
        next = loop.each(next, Eviction.SLOTS_PER_TURN, handler -> {
            if (handler instanceof Arrival arrival) {
                arrival.followIfHeld();
            }
        });
        if (next >= 0) {
            loop.again(this);
        }
    }

    /** It watches nothing. */
    @Override
    public void onEvents(int tag, int events) {}
}
