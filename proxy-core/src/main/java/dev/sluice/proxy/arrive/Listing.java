package dev.sluice.proxy.arrive;

import dev.sluice.linux.Address;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Connection;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.SessionQuery;
import dev.sluice.proxy.stats.SessionRecord;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Finds the sessions of one loop that somebody wants to see. However many there are, it keeps no more than are wanted; and whatever goes
 * wrong is no matter of the sessions.
 */
final class Listing extends Walk<List<LiveSession>> {
    private final SessionQuery query;
    /** The first ones so far; the last of them on top. */
    private final PriorityQueue<LiveSession> first = new PriorityQueue<>(LiveSession.ORDER.reversed());

    Listing(EventLoop loop, SessionQuery query) {
        super(loop);
        this.query = query;
    }

    @Override
    void visit(Handler handler) {
        if (handler instanceof Connection connection) {
            try {
                look(connection);
            } catch (RuntimeException | OutOfMemoryError e) {
                fail(e);
            }
        }
    }

    private void look(Connection connection) {
        SessionRecord record = connection.record();
        Address endpoint = connection.endpoint();
        if (!query.matches(record, endpoint)) {
            return;
        }
        long rank = query.order().rank(record.id(), record.acceptedAt(), connection.moved());
        if (first.size() == query.limit()) {
            LiveSession last = first.element();
            if (!last.isBehind(rank, record.id())) {
                return;
            }
            first.remove();
        }
        first.add(new LiveSession(rank, connection.state(), connection.snapshot()));
    }

    /** In no order. */
    @Override
    List<LiveSession> outcome() {
        return List.copyOf(first);
    }
}
