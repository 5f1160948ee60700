package dev.sluice.proxy.loop;

/** Lets a benchmark turn a loop by hand: here because the method is the package's. */
public final class Turn {
    private Turn() {}

    /** One turn; it waits when there is nothing to do. */
    public static void of(EventLoop loop) {
        loop.turn();
    }
}
