package dev.sluice.proxy.control;

import dev.sluice.proxy.arrive.Route;
import dev.sluice.proxy.config.OnRemove;
import dev.sluice.proxy.health.HealthKeeper;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Upstream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Endpoints that were removed: their sessions end when their time is up, and when the last one has ended they are let go of. It looks for
 * that as long as there are any, and less and less often. On control's thread.
 */
final class Retirement extends Timer {
    private static final long FIRST_NANOS = 100_000_000;
    private static final long LAST_NANOS = 1_000_000_000;

    private final EventLoop loop;
    private final DataLoops loops;
    private final EndpointRegistry endpoints;
    private final HealthKeeper health;
    private final Map<Endpoint, Leaving> leaving = new HashMap<>();
    /** Routes of earlier configurations that connections may still be on. */
    private final List<Route> former = new ArrayList<>();

    private long delay = FIRST_NANOS;

    Retirement(EventLoop loop, DataLoops loops, EndpointRegistry endpoints, HealthKeeper health) {
        this.loop = loop;
        this.loops = loops;
        this.endpoints = endpoints;
        this.health = health;
    }

    /** There is another configuration: what is in it again keeps its sessions. Some loops may go by the routes before until {@link #begin}. */
    void pause() {
        loop.cancel(this);
        leaving.entrySet().removeIf(entry -> {
            boolean back = endpoints.isWanted(entry.getKey());
            if (back) {
                loop.cancel(entry.getValue());
            }
            return back;
        });
    }

    /**
     * No loop goes by the routes before any more.
     *
     * @param before those of them that are none any more
     */
    void begin(Collection<Route> before) {
        former.addAll(before);
        long now = loop.now();
        for (Endpoint endpoint : endpoints.removed()) {
            leaving.computeIfAbsent(endpoint, of -> new Leaving(of, now)).goBy(endpoints.onRemove(endpoint), now);
        }
        delay = FIRST_NANOS;
        loop.schedule(this, now + delay);
    }

    @Override
    protected void onTimer(long now) {
        // A connection leaves its route after it was counted as a session: so the route is asked first, and
        // believed the next time.
        delay = Math.min(2 * delay, LAST_NANOS);
        loop.schedule(this, now + delay); // first: whatever is thrown here, there is a next time
        List<Upstream> inUse = former.stream().map(Route::upstream).toList();
        former.removeIf(route -> !route.isInUse());
        boolean left = endpoints.retire(inUse);
        health.forget(endpoints::has);
        leaving.entrySet().removeIf(entry -> {
            boolean gone = !endpoints.has(entry.getKey());
            if (gone) {
                loop.cancel(entry.getValue());
            }
            return gone;
        });
        leaving.values().forEach(Leaving::endLatecomers);
        if (!left && former.isEmpty()) {
            loop.cancel(this);
        }
    }

    /** The sessions of one of them. */
    private final class Leaving extends Timer {
        private final Endpoint endpoint;
        private final long since;
        private boolean over;

        Leaving(Endpoint endpoint, long since) {
            this.endpoint = endpoint;
            this.since = since;
        }

        /** It is the last policy of its upstream that counts, and the time from when it was removed. */
        void goBy(OnRemove next, long now) {
            switch (next.policy()) {
                case KEEP -> {
                    over = false;
                    loop.cancel(this);
                }
                case CLOSE -> end();
                case DRAIN -> {
                    long until = since + next.drain().toNanos();
                    over = now - until >= 0;
                    if (over) {
                        end();
                    } else {
                        loop.schedule(this, until);
                    }
                }
            }
        }

        @Override
        protected void onTimer(long now) {
            end();
        }

        private void end() {
            over = true;
            loop.cancel(this);
            var _ = loops.endSessions(endpoint, EndCause.DRAINED);
        }

        /** What was on its way there by an earlier route has become a session since. */
        void endLatecomers() {
            if (over && endpoint.sum(Count.SESSIONS) > 0) {
                end();
            }
        }
    }
}
