package dev.sluice.proxy.config;

import java.time.Duration;
import java.util.Locale;

/**
 * What becomes of the sessions of an endpoint that its upstream has no more: the configuration has left it out, or its name has other
 * addresses now.
 *
 * @param drain how long they may go on before they are ended, where that is the policy, up to 1 day; 0 = not at all
 */
public record OnRemove(Policy policy, Duration drain) {
    /** How much of their time they get. */
    public enum Policy {
        /** They go on for some time, and are ended then. */
        DRAIN,
        /** They go on until they end by themselves. */
        KEEP,
        /** They are ended at once. */
        CLOSE;

        /** The name that people type. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** They go on for half a minute. */
    public static final OnRemove DEFAULT = new OnRemove(Policy.DRAIN, Duration.ofSeconds(30));

    public OnRemove {
        Checks.durationOrZero("drain-timeout", drain, Timeouts.MIN, Timeouts.MAX_CONNECT);
    }

    public static OnRemove of(Policy policy) {
        return new OnRemove(policy, DEFAULT.drain);
    }

    /** They go on for so long. */
    public static OnRemove drain(Duration time) {
        return new OnRemove(Policy.DRAIN, time);
    }
}
