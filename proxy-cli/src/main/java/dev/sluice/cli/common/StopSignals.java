package dev.sluice.cli.common;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * SIGTERM, SIGINT and SIGHUP, whose default would cut what is under way without a reset: the first one ends {@link #await}, as
 * {@link #release} and {@link #hurry} do, the second interrupts the thread that made this, wherever it is, and halts the process when that
 * has not ended it after {@link #PATIENCE_MILLIS}.
 */
public final class StopSignals {
    private static final long PATIENCE_MILLIS = 3_000;

    private final Thread waiter = Thread.currentThread();
    private final CountDownLatch first = new CountDownLatch(1);
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch hurried = new CountDownLatch(1);
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean quitting;

    /** From now on these signals do not end the process by themselves. */
    public void install() {
        install(this::onSignal);
    }

    /**
     * The same, but SIGHUP does something else.
     *
     * @param onHangup called on a thread of its own, for each SIGHUP
     */
    public void install(Runnable onHangup) {
        Signals.handle("TERM", this::onSignal);
        Signals.handle("INT", this::onSignal);
        Signals.handle("HUP", onHangup);
    }

    /** Ends {@link #await} without a signal, since the reason to stop is another one. The next signal is the first all the same. */
    public void release() {
        asked.countDown();
        first.countDown();
    }

    /** Ends {@link #await} as well, and {@link #pause} with it: there is nothing left to accept on. */
    public void hurry() {
        hurried.countDown();
        first.countDown();
    }

    /**
     * Waits for so long, or until there is no need to any more.
     *
     * @return whether it was for so long
     */
    public boolean pause(Duration time) throws InterruptedException {
        return !hurried.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Waits for a signal or {@link #release}, which may have come already.
     *
     * @param time how long at most
     * @return whether one has come
     */
    public boolean awaitOrder(Duration time) throws InterruptedException {
        return asked.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Waits for the first signal, for {@link #release} or for {@link #hurry}.
     *
     * @return whether it was a signal
     */
    public boolean await() throws InterruptedException {
        first.await();
        return count.get() > 0;
    }

    /** As a second signal does, ends {@link #await} and interrupts the thread that made this; but it was asked for, and is no failure. */
    public void quit() {
        quitting = true;
        first.countDown();
        waiter.interrupt();
    }

    /** Whether {@link #quit} was called. */
    public boolean isQuitting() {
        return quitting;
    }

    void onSignal() {
        if (count.getAndIncrement() == 0) {
            asked.countDown();
            first.countDown();
            return;
        }
        waiter.interrupt();
        try {
            Thread.sleep(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(Exit.FAILED);
    }
}
