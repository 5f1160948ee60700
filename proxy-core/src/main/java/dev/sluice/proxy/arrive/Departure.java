package dev.sluice.proxy.arrive;

import dev.sluice.proxy.listen.Acceptor;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.upstream.Endpoint;

/**
 * What a session gives back when it ends, besides its descriptors: their number in the budget, and its place among the endpoint's
 * sessions, with the room that was claimed for it if there was a limit. One for all sessions of an endpoint on a loop, kept by the
 * endpoint, so that it costs none of them memory; each runs it once.
 */
record Departure(Reception reception, Endpoint endpoint, boolean claimed) implements Session.AtEnd {
    /** Both that an endpoint keeps. */
    private record Pair(Departure plain, Departure claimed) {
        Departure of(boolean room) {
            return room ? claimed : plain;
        }
    }

    /** What a session of this endpoint gives back at its end. */
    static Departure from(Endpoint endpoint, boolean claimed, Reception reception) {
        if (endpoint.kept(reception.index()) instanceof Pair pair) {
            return pair.of(claimed);
        }
        Pair made = new Pair(new Departure(reception, endpoint, false), new Departure(reception, endpoint, true));
        endpoint.keep(reception.index(), made);
        return made.of(claimed);
    }

    @Override
    public void run() {
        reception.budget().release(Acceptor.DESCRIPTORS);
        endpoint.leave(reception.index(), claimed);
    }

    @Override
    public void earlyReset() {
        endpoint.count(reception.index(), Endpoint.Count.EARLY_RESETS, 1);
    }

    @Override
    public void measured(int rttMicros, int retransmits) {
        endpoint.measured(reception.index(), rttMicros, retransmits);
    }
}
