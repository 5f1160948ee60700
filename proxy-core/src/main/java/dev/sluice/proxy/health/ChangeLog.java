package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.proxy.stats.EndpointChange;
import org.jspecify.annotations.Nullable;

/** The changes of one endpoint that are told: each, unless there are more than a few in a minute. Then the last of them is told at its end. */
final class ChangeLog {
    private static final long WINDOW_NANOS = 60_000_000_000L;
    private static final int MOST = 5;

    private final String upstream;
    private final Address address;
    private String told = "";
    private String last = "";
    private String reason = "";
    private long untold;
    private long windowFrom;
    private int inWindow;

    ChangeLog(String upstream, Address address) {
        this.upstream = upstream;
        this.address = address;
    }

    /** What it is at first, which is no change. */
    void begin(String state) {
        told = state;
        last = state;
    }

    /**
     * It has changed.
     *
     * @return what to tell, null for nothing now
     */
    @Nullable
    EndpointChange changed(long now, String to, String why) {
        last = to;
        reason = why;
        if (inWindow == 0 || now - windowFrom >= WINDOW_NANOS) {
            windowFrom = now;
            inWindow = 0;
        }
        if (inWindow >= MOST) {
            untold++;
            return null;
        }
        return tell();
    }

    /** What there is to tell now that was not told then; null for nothing. */
    @Nullable
    EndpointChange due(long now) {
        if (untold == 0 || now - windowFrom < WINDOW_NANOS) {
            return null;
        }
        windowFrom = now;
        inWindow = 0;
        untold--; // the last of them, which is told
        return tell();
    }

    boolean hasUntold() {
        return untold > 0;
    }

    private EndpointChange tell() {
        EndpointChange change = new EndpointChange(upstream, address, told, last, reason, untold);
        inWindow++;
        told = last;
        untold = 0;
        return change;
    }
}
