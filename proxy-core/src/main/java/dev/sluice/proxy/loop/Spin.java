package dev.sluice.proxy.loop;

import org.jspecify.annotations.Nullable;

/**
 * Whether a loop spins before it sleeps.
 *
 * @param nanos for how long, 0 = not at all
 * @param permits of a loop that finds out by itself when that pays, and then spins for no longer; null: it spins always
 */
public record Spin(long nanos, @Nullable SpinPermits permits) {
    /** Sleeps at once. */
    public static final Spin NONE = new Spin(0, null);
}
