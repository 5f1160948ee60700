package dev.sluice.proxy.arrive;

import dev.sluice.proxy.listen.Acceptor;
import dev.sluice.proxy.upstream.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * What a connection holds besides its descriptors: their number in the budget, and a session of its endpoint. Given back exactly once,
 * by whoever closes it: the arrival, or the session that it became. On its loop's thread only.
 */
final class Claim implements Runnable {
    private final Reception reception;
    private @Nullable Endpoint endpoint;
    private boolean givenBack;

    Claim(Reception reception) {
        this.reception = reception;
    }

    /** The endpoint's session, counted already, is held here from now on. */
    void hold(Endpoint connected) {
        endpoint = connected;
    }

    /** Gives it back; once. */
    @Override
    public void run() {
        if (!givenBack) {
            givenBack = true;
            reception.budget().release(Acceptor.DESCRIPTORS);
            if (endpoint != null) {
                endpoint.count(reception.index(), Endpoint.Count.SESSIONS, -1);
            }
        }
    }
}
