package dev.sluice.proxy.stats;

import java.util.Comparator;

/**
 * A session that lives, as somebody asked for it.
 *
 * @param rank its place in the order that was asked for: the lower, the earlier; among equals, the one with the lower id
 * @param session what was known of it at that moment
 */
public record LiveSession(long rank, SessionState state, SessionSnapshot session) {
    /** In the order that was asked for. */
    public static final Comparator<LiveSession> ORDER = Comparator.comparingLong(LiveSession::rank)
            .thenComparingLong(live -> live.session().id());

    /** Whether one of this rank and id stands before it. */
    public boolean isBehind(long otherRank, long otherId) {
        return otherRank < rank || (otherRank == rank && otherId < session.id());
    }
}
