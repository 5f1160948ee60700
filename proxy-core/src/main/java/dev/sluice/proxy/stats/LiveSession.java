package dev.sluice.proxy.stats;

import java.util.Comparator;
import java.util.Locale;

/**
 * A session that lives, as somebody asked for it.
 *
 * @param rank its place in the order that was asked for: the lower, the earlier; among equals, the one with the lower id
 * @param session what was known of it at that moment
 */
public record LiveSession(long rank, State state, SessionSnapshot session) {
    /** How far it is. */
    public enum State {
        /** Accepted, and not connected to an upstream yet. */
        ARRIVING,
        /** The same, and it waits until somebody takes its connection: its upstream is paused or down, or has no room. */
        HELD,
        /** Bytes cross both ways. */
        RELAYING,
        /** One direction has ended. */
        HALF_CLOSED,
        /** A side is broken; what it had sent is being delivered. */
        BREAKING,
        /** The last bytes were given to the other side's socket, which must still send them. */
        FLUSHING;

        /** For people and programs: lower case with dashes. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** In the order that was asked for. */
    public static final Comparator<LiveSession> ORDER = Comparator.comparingLong(LiveSession::rank)
            .thenComparingLong(live -> live.session().id());

    /** Whether one of this rank and id stands before it. */
    public boolean isBehind(long otherRank, long otherId) {
        return otherRank < rank || (otherRank == rank && otherId < session.id());
    }
}
