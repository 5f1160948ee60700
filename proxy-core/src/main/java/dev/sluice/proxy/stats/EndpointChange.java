package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;

/**
 * An endpoint has gone from one state to another.
 *
 * @param upstream the name of its group
 * @param from what it was: up, down or drain
 * @param to what it is now
 * @param reason why, in one line fit for a log
 * @param untold changes of this endpoint before this one that were not told, since it changed all the time
 */
public record EndpointChange(String upstream, Address address, String from, String to, String reason, long untold) {
    /** In words. */
    @Override
    public String toString() {
        return "endpoint " + upstream + "/" + address + " is " + to + " (was " + from + "): " + reason
                + (untold > 0 ? "; it has changed " + untold + " times more since the last time that it was told" : "");
    }
}
