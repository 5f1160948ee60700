package dev.sluice.proxy.stats;

import org.jspecify.annotations.Nullable;

/**
 * What is known of an endpoint's health at some moment.
 *
 * @param reason why it is in the state that it is in, in one line
 * @param sinceMillis since when, Unix time in milliseconds
 * @param byHand what was set by hand: none, up, down or drain
 * @param check how the last check ended, in one line; null when there was none
 * @param passed whether that was a success
 * @param checkMicros how long it took, −1 when there was none
 * @param checks how many there were
 * @param failedChecks how many of them failed
 * @param skippedChecks how many more there should have been, but this side was short of descriptors or ports
 * @param ejections how often it was ejected as an outlier
 */
public record HealthSnapshot(
        String reason,
        long sinceMillis,
        String byHand,
        @Nullable String check,
        boolean passed,
        long checkMicros,
        long checks,
        long failedChecks,
        long skippedChecks,
        long ejections) {
    /** Set up by hand, and its check fails: nobody else looks after it. */
    public boolean isAgainstCheck() {
        return byHand.equals("up") && check != null && !passed;
    }
}
