package dev.sluice.proxy.loop;

/** Lets tests of other packages turn a loop by hand. */
@SuppressWarnings({"exports", "missing-explicit-ctor"}) // a test's, and no API
public final class Turns {
    private Turns() {}

    /** One turn; waits when there is nothing to do. */
    public static void turn(EventLoop loop) {
        loop.turn();
    }
}
