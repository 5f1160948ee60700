package dev.sluice.tests.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what takes a moment. */
public final class Eventually {
    private Eventually() {}

    /** Asks again and again until the answer is yes, and fails when it has not been for too long. */
    public static void holds(String what, Callable<Boolean> question) throws Exception {
        holds(what, SluiceProcess.PATIENCE, question);
    }

    public static void holds(String what, Duration patience, Callable<Boolean> question) throws Exception {
        long end = System.nanoTime() + patience.toNanos();
        while (!question.call()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within " + patience.toSeconds() + " s: " + what);
            }
            Thread.sleep(10);
        }
    }
}
