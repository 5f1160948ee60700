package dev.sluice.proxy.arrive;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.loop.RateLimit;
import java.lang.foreign.MemorySegment;

/** What the arrivals of one loop share that look at first bytes: made when the first one does. */
final class LookContext {
    /** Requests that go to every endpoint, at once on one loop: each makes several connections of one, and whoever sends many must not. */
    static final int MOST_AT_ONCE = 64;

    private final MemorySegment bytes;
    private final RateLimit warnings = RateLimit.ofWarnings();
    private int underWay;

    LookContext(Kernel kernel) {
        bytes = kernel.allocate(Preamble.LONGEST);
    }

    /** For whoever needs it for the length of a call. */
    MemorySegment bytes() {
        return bytes;
    }

    /** Whether one more may go everywhere. */
    boolean hasRoom() {
        return underWay < MOST_AT_ONCE;
    }

    void enter() {
        underWay++;
    }

    /** One has ended. */
    void leave() {
        underWay--;
    }

    /** Whether the operator is to be told of one that could not. */
    boolean warns(long now) {
        return warnings.passes(now);
    }
}
