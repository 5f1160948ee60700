package dev.sluice.proxy.loop;

/** Lets tests of other packages turn a loop by hand: here because the method is the package's. */
@SuppressWarnings("exports") // a test's, and no API
public final class Turns {
    private Turns() {}

    /** One turn that waits for nothing. */
    public static void one(EventLoop loop) {
        loop.post(() -> {});
        loop.turn();
    }
}
