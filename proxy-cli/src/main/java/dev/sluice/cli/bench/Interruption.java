package dev.sluice.cli.bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM while a benchmark runs: its thread is interrupted, cleans up, and shows what it has; then the JVM goes on
 * ending, with 130 or 143.
 */
final class Interruption implements AutoCloseable {
    private static final long PATIENCE_S = 20;

    private final Thread worker = Thread.currentThread();
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::onShutdown, "interruption");
    private volatile boolean requested;

    /** From now on, the thread that makes this is interrupted. */
    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void onShutdown() {
        requested = true;
        worker.interrupt();
        try {
            if (!done.await(PATIENCE_S, TimeUnit.SECONDS)) {
                return; // it ends without
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether somebody wants an end. */
    boolean requested() {
        return requested;
    }

    /** All is shown and cleaned up. */
    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is running, and has been waiting for just this.
        }
    }
}
