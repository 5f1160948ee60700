package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Connection;
import dev.sluice.proxy.stats.EndCause;

/** Ends one session, by its id; tells whether there was one. */
final class Closing extends Walk<Boolean> {
    private final long id;

    Closing(EventLoop loop, long id) {
        super(loop);
        this.id = id;
    }

    @Override
    void visit(Handler handler) {
        if (handler instanceof Connection connection && connection.record().id() == id) {
            try {
                connection.cut(EndCause.ADMIN);
            } finally {
                end(true);
            }
        }
    }

    @Override
    Boolean outcome() {
        return false;
    }
}
