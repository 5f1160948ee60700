package dev.sluice.proxy.loop;

/**
 * Whether a loop that learns spins before it sleeps. It goes by how long the loop's last waits were, and by what its spins found, and
 * has no clock of its own.
 *
 * <p>Four rules, each of which stops it:
 *
 * <ul>
 *   <li>Waits that are short make it try; a long one ends it at once, for who comes after that is not worth a spin.
 *   <li>A spin that finds nothing must be made up for by {@link #WORTH} that find something. Who has spent his {@link #PATIENCE} on spins
 *       that nothing made up for rests, each time twice as long as before.
 *   <li>So rests who has to wait for a processor himself, since others want it: {@link Contention} tells.
 *   <li>What was spun in vain is paid from an account that fills by {@link #SHARE_PERCENT} of the time up to {@link #RESERVE_NANOS}. Within
 *       any second, so, no more than a tenth of a core is lost, whatever comes.
 * </ul>
 *
 * <p>The kernel's halt polling (drivers/cpuidle/governors/haltpoll.c, virt/kvm/kvm_main.c) grows and shrinks by the first rule alone.
 */
final class SpinBudget {
    /** A wait of up to this, with the turn before it, may have been one for a peer that answers at once: it holds two wake-ups. */
    static final long SHORT_NANOS = 200_000;

    /** Short waits that it takes to try. */
    static final int FEWEST = 16;

    /** Short waits that a long one outweighs: where every fifth is long, there are never enough. */
    static final int OUTWEIGHED = 4;

    /** Spins that find something, for one that does not. */
    static final int WORTH = 4;

    /** Spins that nothing made up for, until it rests. */
    static final int PATIENCE = 16;

    /** How long it rests after it has failed once, and no longer than after many times. */
    static final long SHORTEST_REST_NANOS = 1_000_000;

    static final long LONGEST_REST_NANOS = 2_000_000_000;

    /** Spins that found something, without a failure among them, after which the failures before are forgotten. */
    static final int FORGIVEN = 2048;

    static final int SHARE_PERCENT = 8;

    /** With the share of a second, 98 ms: a spin that the kernel interrupts takes longer than it may. */
    static final long RESERVE_NANOS = 18_000_000;

    private final long longest;
    private boolean trying;
    /** Up to {@link #FEWEST}. */
    private int shortWaits;
    /** In spins that found something: what it may still spend on others. */
    private int credit = WORTH * PATIENCE;
    /** Since the last failure, up to {@link #FORGIVEN}. */
    private int hits;

    private boolean resting;
    private long restedAt;
    private long nextRest = SHORTEST_REST_NANOS;
    private long account = RESERVE_NANOS;
    private long filled;

    /**
     * @param longest how long a spin may be, nanoseconds
     * @param now any clock's, nanoseconds
     */
    SpinBudget(long longest, long now) {
        this.longest = longest;
        filled = now;
    }

    /** Whether to ask for {@link #length}. */
    boolean isTrying() {
        return trying;
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
            // What fills the emptiest account; more changes nothing, and might overflow.
            long counted = Math.min(passed, 2 * RESERVE_NANOS * 100 / SHARE_PERCENT);
            account = Math.min(RESERVE_NANOS, account + counted * SHARE_PERCENT / 100);
        }
        return account >= longest ? longest : 0;
    }

    /** A spin has found something. */
    void hit() {
        credit = Math.min(credit + 1, WORTH * PATIENCE);
        if (hits < FORGIVEN && ++hits == FORGIVEN) {
            nextRest = SHORTEST_REST_NANOS;
        }
    }

    /**
     * A spin has found nothing, and the loop sleeps.
     *
     * @param took nanoseconds
     * @param now the clock's
     */
    void missed(long took, long now) {
        // Who was stopped in a spin has not spun for all of that time.
        account = Math.max(account - took, -RESERVE_NANOS);
        credit -= WORTH;
        if (credit <= 0) {
            fail(now);
        }
    }

    /** Spinning does not pay now. */
    void fail(long now) {
        trying = false;
        credit = WORTH * PATIENCE;
        hits = 0;
        resting = true;
        restedAt = now + nextRest;
        nextRest = Math.min(nextRest * 2, LONGEST_REST_NANOS);
    }

    /**
     * Events have come.
     *
     * @param nanos since those before them had come, so that nobody has to look at the clock in between
     * @param now the clock's
     */
    void waited(long nanos, long now) {
        if (nanos > SHORT_NANOS) {
            shortWaits = Math.max(shortWaits - OUTWEIGHED, 0);
            trying = false;
            return;
        }
        shortWaits = Math.min(shortWaits + 1, FEWEST);
        if (resting) {
            resting = now - restedAt < 0;
        } else if (shortWaits == FEWEST) {
            trying = true;
        }
    }
}
