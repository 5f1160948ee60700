package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.upstream.Endpoint;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Ends sessions by their endpoint, and sends connections elsewhere that are on their way to it; tells how many sessions it has ended. To an
 * endpoint that is down no new ones come behind it.
 */
final class Eviction extends Walk<Integer> {
    private final Predicate<Endpoint> chosen;
    private final EndCause cause;
    private final @Nullable Endpoint avoided;
    private int ended;

    private Eviction(EventLoop loop, Predicate<Endpoint> chosen, EndCause cause, @Nullable Endpoint avoided) {
        super(loop);
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

    @Override
    void visit(Handler handler) {
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

    @Override
    Integer outcome() {
        return ended;
    }
}
