package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;

/** A listener has another upstream: sends those there that are held for the one before; tells how many were on their way. */
final class Moving extends Walk<Integer> {
    private int seen;

    Moving(EventLoop loop) {
        super(loop);
    }

    @Override
    void visit(Handler handler) {
        if (handler instanceof Arrival arrival) {
            seen++;
            arrival.followIfHeld();
        }
    }

    @Override
    Integer outcome() {
        return seen;
    }
}
