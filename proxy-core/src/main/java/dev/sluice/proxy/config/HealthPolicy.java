package dev.sluice.proxy.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How an upstream knows which of its endpoints can be used, and what follows.
 *
 * @param check how they are asked; null = not at all, and they are up
 * @param outliers when they are judged by the sessions that they had; null = never
 * @param onDown what becomes of the sessions of one that goes down
 * @param atMost when more members than this are healthy, none is used, 1 … 10000: two primaries are worse than none. What has not been
 *     checked may be one too many, so endpoints start down then, whatever their check says. 0 = no such rule
 */
public record HealthPolicy(
        @Nullable HealthConfig check, @Nullable OutlierConfig outliers, OnDown onDown, int atMost) {
    /** What becomes of the sessions of an endpoint that goes down. */
    public enum OnDown {
        /** They go on as long as they can. */
        KEEP,
        /** They end, with a reset. */
        CLOSE;

        /** The name that people type. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static final int MAX_AT_MOST = 10_000;

    /** Every endpoint is up. */
    public static final HealthPolicy NONE = new HealthPolicy(null, null, OnDown.KEEP, 0);

    public HealthPolicy {
        Checks.range("at-most", atMost, 0, MAX_AT_MOST);
        if (atMost > 0 && check == null) {
            throw new IllegalArgumentException("at-most is " + atMost
                    + ", but without a health check every endpoint counts as healthy: 0, or a check beside it");
        }
    }

    /** Checked so, and nothing else. */
    public static HealthPolicy of(HealthConfig check) {
        return NONE.withCheck(check);
    }

    public HealthPolicy withCheck(@Nullable HealthConfig other) {
        return new HealthPolicy(other, outliers, onDown, atMost);
    }

    public HealthPolicy withOutliers(@Nullable OutlierConfig other) {
        return new HealthPolicy(check, other, onDown, atMost);
    }

    public HealthPolicy withOnDown(OnDown other) {
        return new HealthPolicy(check, outliers, other, atMost);
    }

    public HealthPolicy withAtMost(int other) {
        return new HealthPolicy(check, outliers, onDown, other);
    }
}
