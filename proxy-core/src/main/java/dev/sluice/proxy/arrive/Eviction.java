package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.upstream.Endpoint;
import java.util.concurrent.CompletableFuture;

/**
 * Ends what there is of an endpoint on one loop: a walk over its slots, some in each turn, since the sessions of others must not wait. No
 * new ones come behind it, for the endpoint is down by then.
 */
final class Eviction implements Handler {
    static final int SLOTS_PER_TURN = 256;

    private final EventLoop loop;
    private final Endpoint endpoint;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private int next;

    Eviction(EventLoop loop, Endpoint endpoint) {
        this.loop = loop;
        this.endpoint = endpoint;
    }

    CompletableFuture<Void> done() {
        return done;
    }

    @Override
    public void onTurn() {
        next = loop.each(next, SLOTS_PER_TURN, this::end);
        if (next < 0) {
            done.complete(null);
        } else {
            loop.again(this);
        }
    }

    private void end(Handler handler) {
        switch (handler) {
            case Session session -> {
                if (session.atEnd() instanceof Departure departure && departure.endpoint() == endpoint) {
                    session.cut(EndCause.DOWN);
                }
            }
            case Arrival arrival -> arrival.avoid(endpoint);
            default -> {}
        }
    }

    /** It watches nothing. */
    @Override
    public void onEvents(int tag, int events) {}
}
