package dev.sluice.proxy.listen;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The shares of one listener in all loops, and which of them gets the next connection. From any thread. */
public final class LoopBalancer {
    private final List<AtomicInteger> loads;
    private final AtomicReferenceArray<Acceptor> shares;

    /**
     * @param loads of each loop: the sessions that it has or is about to be given, over all listeners
     */
    public LoopBalancer(List<AtomicInteger> loads) {
        this.loads = List.copyOf(loads);
        this.shares = new AtomicReferenceArray<>(loads.size());
    }

    void enter(int index, Acceptor share) {
        shares.set(index, share);
    }

    /**
     * The share in the loop with the least load, which is one more from now on.
     *
     * @param index the caller's loop: first among equals
     */
    Acceptor choose(int index) {
        int best = index;
        int least = loads.get(index).get();
        for (int i = 0; i < loads.size(); i++) {
            int load = loads.get(i).get();
            if (load < least) {
                least = load;
                best = i;
            }
        }
        loads.get(best).incrementAndGet();
        return shares.get(best);
    }

    /** The connection that the share was chosen for came to nothing. */
    void giveUp(int index) {
        loads.get(index).decrementAndGet();
    }
}
