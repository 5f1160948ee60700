package dev.sluice.proxy.health;

/**
 * Up or down, by what checks say: so many results in a row against the present state change it, and one for it begins the count anew.
 *
 * <pre>
 *   UP ──{@code fall} failures in a row──▶ DOWN
 *    ◀──{@code rise} successes in a row──
 * </pre>
 */
final class HealthState {
    private int rise;
    private int fall;
    private boolean up;
    /** Results in a row against the present state. */
    private int against;

    /**
     * @param rise successes in a row that bring it up, ≥ 1
     * @param fall failures in a row that bring it down, ≥ 1
     * @param up what it is at first
     */
    HealthState(int rise, int fall, boolean up) {
        this.rise = rise;
        this.fall = fall;
        this.up = up;
    }

    boolean isUp() {
        return up;
    }

    /**
     * A check has ended.
     *
     * @return whether that has changed the state
     */
    boolean checked(boolean passed) {
        if (passed == up) {
            against = 0;
            return false;
        }
        against++;
        return against >= (passed ? rise : fall) && set(passed);
    }

    /**
     * Sets the state, whatever was counted.
     *
     * @return whether that has changed it
     */
    boolean set(boolean next) {
        against = 0;
        boolean changed = next != up;
        up = next;
        return changed;
    }

    /** Counts by other limits from now on; the state and what was counted stay. */
    void limits(int nextRise, int nextFall) {
        rise = nextRise;
        fall = nextFall;
    }

    /** Another check than before: its results are counted from nought. */
    void restart() {
        against = 0;
    }
}
