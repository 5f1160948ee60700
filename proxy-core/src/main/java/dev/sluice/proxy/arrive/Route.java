package dev.sluice.proxy.arrive;

import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LoopCells;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Upstream;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a listener's connections. A connection keeps the route with which it was accepted, for life; but one that has found
 * nobody to take it goes by the present one, if that leads to another upstream.
 *
 * @param socket where they come from
 * @param policy for their sessions
 * @param upstream where they go
 * @param connect how they get there
 * @param preamble what is looked for before, null for nothing
 * @param stats counts what comes of them
 * @param common what they all tell of themselves
 * @param onTheWay counts, for each loop, those that are on their way: accepted, and neither a session nor at an end
 */
public record Route(
        ListenSocket socket,
        SessionPolicy policy,
        Upstream upstream,
        ConnectSettings connect,
        @Nullable Preamble preamble,
        ListenerStats stats,
        SessionRecord.Common common,
        LoopCells onTheWay) {
    /** A route that nobody has taken yet. */
    public Route(
            ListenSocket socket,
            SessionPolicy policy,
            Upstream upstream,
            ConnectSettings connect,
            @Nullable Preamble preamble,
            ListenerStats stats,
            int loops) {
        this(
                socket,
                policy,
                upstream,
                connect,
                preamble,
                stats,
                new SessionRecord.Common(policy.listener(), upstream.name(), policy.relay()),
                new LoopCells(loops, 1));
    }

    /** Whether it goes to another upstream than this one. */
    @SuppressWarnings("ReferenceEquality") // one that comes back may have the same name
    boolean goesElsewhere(Route than) {
        return upstream.group() != than.upstream.group();
    }

    /** A connection has taken it; on the thread of that loop. */
    void taken(int loop) {
        onTheWay.add(loop, 0, 1);
    }

    /** A connection is on its way no more; on the thread of that loop, which need not be the one that accepted it. */
    void left(int loop) {
        onTheWay.add(loop, 0, -1);
    }

    /** Whether connections are on their way; from any thread. Exact once no loop accepts for it any more. */
    public boolean isInUse() {
        return onTheWay.sum(0) != 0;
    }
}
