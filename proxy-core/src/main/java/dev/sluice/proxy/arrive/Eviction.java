package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.upstream.Endpoint;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A walk over the slots of one loop, some in each turn, since the sessions of others must not wait: it ends sessions by their endpoint, and
 * sends connections elsewhere that are on their way to it. To an endpoint that is down no new ones come behind it.
 */
final class Eviction implements Handler {
    static final int SLOTS_PER_TURN = 256;

    private final EventLoop loop;
    private final Predicate<Endpoint> chosen;
    private final EndCause cause;
    private final @Nullable Endpoint avoided;
    private final CompletableFuture<Integer> done = new CompletableFuture<>();
    private int next;
    private int ended;

    private Eviction(EventLoop loop, Predicate<Endpoint> chosen, EndCause cause, @Nullable Endpoint avoided) {
        this.loop = loop;
        this.chosen = chosen;
        this.cause = cause;
        this.avoided = avoided;
    }

    /** Of all sessions of an endpoint; connections on their way there go elsewhere. */
    static Eviction of(EventLoop loop, Endpoint endpoint, EndCause cause) {
        return new Eviction(loop, of -> of == endpoint, cause, endpoint);
    }

    /** Of no sessions; connections on their way to an endpoint that is down go elsewhere. */
    static Eviction ofAttempts(EventLoop loop, Endpoint down) {
        return new Eviction(loop, of -> false, EndCause.DOWN, down);
    }

    /**
     * Of some sessions, for their clients to connect anew.
     *
     * @param chosen is asked for each session, whether it ends
     */
    static Eviction of(EventLoop loop, Predicate<Endpoint> chosen) {
        return new Eviction(loop, chosen, EndCause.ADMIN, null);
    }

    /**
     * Begins; how many sessions it has ended is told when all were looked at. Not now: events of this turn may be for an attempt that is
     * given up, and would be taken for those of the next one.
     */
    CompletableFuture<Integer> begin() {
        loop.again(this);
        return done;
    }

    @Override
    public void onTurn() {
        next = loop.each(next, SLOTS_PER_TURN, this::end);
        if (next < 0) {
            done.complete(ended);
        } else {
            loop.again(this);
        }
    }

    private void end(Handler handler) {
        switch (handler) {
            case Session session -> {
                if (session.atEnd() instanceof Departure departure && chosen.test(departure.endpoint())) {
                    ended++;
                    session.cut(cause);
                }
            }
            case Arrival arrival -> {
                if (avoided != null) {
                    arrival.avoid(avoided);
                }
            }
            default -> {}
        }
    }

    /** It watches nothing. */
    @Override
    public void onEvents(int tag, int events) {}
}
