package dev.sluice.proxy.health;

import dev.sluice.proxy.config.OutlierConfig;

/**
 * One endpoint, judged by the failures that its sessions had: so many within some time make an outlier of it, which is ejected for a
 * while. Each time is twice as long as the one before, up to ten times the first, unless it was good for longer than that in between.
 */
final class Outlier {
    private OutlierConfig config;
    /** When the last failures were, as many as make an outlier; a ring. */
    private long[] times;

    private int next;
    private int known;
    private long counted;

    private boolean ejected;
    private long until;
    private int repeat = 1;
    private long ejections;

    /**
     * @param counted failures before now, which do not count
     */
    Outlier(OutlierConfig config, long counted) {
        this.config = config;
        this.times = new long[config.failures()];
        this.counted = counted;
    }

    OutlierConfig config() {
        return config;
    }

    /** Judges by other limits from now on. What is ejected stays so until its time is up. */
    void config(OutlierConfig other) {
        if (other.failures() != config.failures()) {
            times = new long[other.failures()];
            forget();
        }
        config = other;
    }

    /**
     * Looks at the number of its failures.
     *
     * @param now nanoseconds
     * @param failures since the endpoint is there
     * @return whether they make an outlier of it
     */
    boolean sample(long now, long failures) {
        int most = times.length;
        for (long fresh = Math.min(most, failures - counted); fresh > 0; fresh--) {
            times[next] = now;
            next = next + 1 == most ? 0 : next + 1;
            known = Math.min(most, known + 1);
        }
        counted = failures;
        // A full ring: the next place has the oldest of them.
        return known == most && now - times[next] <= config.within().toNanos();
    }

    /** Ejects it. */
    void eject(long now) {
        long eject = config.eject().toNanos();
        boolean again = ejections > 0 && now - until <= OutlierConfig.MAX_REPEATS * eject;
        repeat = again ? Math.min(OutlierConfig.MAX_REPEATS, 2 * repeat) : 1;
        until = now + repeat * eject;
        ejected = true;
        ejections++;
        forget();
    }

    boolean isEjected() {
        return ejected;
    }

    /** How long it is ejected, or was the last time, nanoseconds. */
    long length() {
        return repeat * config.eject().toNanos();
    }

    /**
     * Takes it back when its time is up.
     *
     * @return whether it was
     */
    boolean returnsAt(long now) {
        boolean returns = ejected && now - until >= 0;
        if (returns) {
            ejected = false;
            forget();
        }
        return returns;
    }

    /** What was counted so far is no reason any more. */
    void forget() {
        known = 0;
        next = 0;
    }

    /** How often it was ejected. */
    long ejections() {
        return ejections;
    }
}
