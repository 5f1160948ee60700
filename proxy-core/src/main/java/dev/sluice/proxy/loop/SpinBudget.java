package dev.sluice.proxy.loop;

/**
 * Whether and for how long a loop that learns spins before it sleeps. It goes by how long the loop's last waits were, and by what its spins
 * found, and has no clock of its own.
 *
 * <p>Three rules, each of which stops it:
 *
 * <ul>
 *   <li>Waits that are short make it try; a long one ends it at once, for who comes after that is not worth a spin.
 *   <li>A spin that finds nothing halves the next one, and a few in a row end it. An attempt that failed puts the next one off, twice as
 *       far each time.
 *   <li>What was spun in vain is paid from an account that fills by {@link #SHARE_PERCENT} of the time up to {@link #RESERVE_NANOS}. Within
 *       any second, so, no more than 5% of a core is lost, whatever comes.
 * </ul>
 *
 * <p>The kernel's halt polling (drivers/cpuidle/governors/haltpoll.c, virt/kvm/kvm_main.c) grows and shrinks by the first rule alone.
 */
final class SpinBudget {
    /** A wait of up to this, with the turn before it, may have been one for a peer that answers at once: it holds two wake-ups. */
    static final long SHORT_NANOS = 200_000;

    /** Short waits that it takes to try. A long one halves what there were: where every eighth is long, there are never enough. */
    static final int FEWEST = 16;

    /** Short waits for which no attempt is made after many that failed. */
    static final int LONGEST_REST = 1024;

    static final int SHARE_PERCENT = 4;

    /** With the share of a second, 49 ms: a spin that the kernel interrupts takes longer than it may. */
    static final long RESERVE_NANOS = 9_000_000;

    /** Spins of an attempt that found something, for one that did not, so that it has not failed. */
    private static final int WORTH = 2;

    private final long longest;
    private final long shortest;
    /** How long the next spin is; 0 while there is no attempt. */
    private long length;

    /** Up to {@link #FEWEST}. */
    private int shortWaits;
    /** Short waits until the next attempt. */
    private int rest;

    private int nextRest = FEWEST;
    /** Of this attempt. */
    private int hits;

    private int misses;
    private long account = RESERVE_NANOS;
    private long filled;

    /**
     * @param longest how long a spin may be, nanoseconds
     * @param now any clock's, nanoseconds
     */
    SpinBudget(long longest, long now) {
        this.longest = longest;
        shortest = longest / 4;
        filled = now;
    }

    /** Whether to ask for {@link #length}. */
    boolean isTrying() {
        return length > 0;
    }

    /**
     * How long to spin from now on, nanoseconds; 0 = not at all.
     *
     * @param now the clock's
     */
    long length(long now) {
        long passed = now - filled;
        if (passed > 0) {
            filled = now;
            // What fills an empty account; more changes nothing, and might overflow.
            long counted = Math.min(passed, RESERVE_NANOS * 100 / SHARE_PERCENT);
            account = Math.min(RESERVE_NANOS, account + counted * SHARE_PERCENT / 100);
        }
        return account >= length ? length : 0;
    }

    /** A spin has found something. */
    void hit() {
        hits++;
        length = Math.min(longest, length * 2);
        if (hits >= WORTH * (misses + FEWEST)) {
            nextRest = FEWEST;
        }
    }

    /**
     * A spin has found nothing, and the loop sleeps.
     *
     * @param took nanoseconds
     */
    void missed(long took) {
        account -= took;
        misses++;
        length /= 2;
        if (length < shortest) {
            giveUp();
        }
    }

    private void giveUp() {
        length = 0;
        shortWaits = 0;
        if (hits < WORTH * misses) {
            rest = nextRest;
            nextRest = Math.min(nextRest * 2, LONGEST_REST);
        }
    }

    /**
     * Events have come.
     *
     * @param nanos since those before them had come, so that nobody has to look at the clock in between
     */
    void waited(long nanos) {
        if (nanos > SHORT_NANOS) {
            shortWaits /= 2;
            length = 0;
            return;
        }
        shortWaits = Math.min(shortWaits + 1, FEWEST);
        if (rest > 0) {
            rest--;
        } else if (length == 0 && shortWaits == FEWEST) {
            length = longest;
            hits = 0;
            misses = 0;
        }
    }
}
