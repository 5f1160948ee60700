package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * What becomes of new connections to an upstream while none of its endpoints takes any.
 *
 * @param hold how long each is held, in case that one does by then, 1 ms … 1 day; 0 = it is refused at once
 * @param max how many are held at most, on all loops together, 1 … 1,000,000; the others are refused
 * @param closesListeners whether its listeners do not listen meanwhile, so that who balances above them goes elsewhere
 */
public record WhenDown(Duration hold, int max, boolean closesListeners) {
    public static final int DEFAULT_MAX = 1000;
    public static final int MOST = 1_000_000;

    /** They are refused. */
    public static final WhenDown REFUSE = new WhenDown(Duration.ZERO, DEFAULT_MAX);

    /** Nobody listens for them. */
    public static final WhenDown CLOSE_LISTENER = new WhenDown(Duration.ZERO, DEFAULT_MAX, true);

    public WhenDown {
        Checks.durationOrZero("hold", hold, Timeouts.MIN, Timeouts.MAX_CONNECT);
        Checks.range("max", max, 1, MOST);
        if (closesListeners && !hold.isZero()) {
            throw new IllegalArgumentException("when listeners are closed, nobody is held");
        }
    }

    /** They are held so long, as many as that; or refused. */
    public WhenDown(Duration hold, int max) {
        this(hold, max, false);
    }

    /** They are held for so long. */
    public static WhenDown hold(Duration time) {
        return new WhenDown(time, DEFAULT_MAX);
    }
}
