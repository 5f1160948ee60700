package dev.sluice.cli.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OnRequestTest {
    private final Semaphore begun = new Semaphore(0);
    private final Semaphore goOn = new Semaphore(0);
    private final OnRequest work = new OnRequest("test-work", () -> {
        begun.release();
        goOn.acquireUninterruptibly();
    });

    private boolean begins() throws InterruptedException {
        return begun.tryAcquire(5, TimeUnit.SECONDS);
    }

    @Test
    void whoAsksWhileItGoesOnIsServedByOneMoreTurn() throws InterruptedException {
        work.request();
        assertTrue(begins());
        for (int i = 0; i < 100; i++) {
            work.request();
        }
        assertFalse(begun.tryAcquire(50, TimeUnit.MILLISECONDS), "two at once");
        goOn.release();
        assertTrue(begins());
        goOn.release();
        assertFalse(begun.tryAcquire(50, TimeUnit.MILLISECONDS), "a third one");
        assertEquals(0, goOn.availablePermits());
    }

    @Test
    void itIsDoneAgainAfterItFailed() throws InterruptedException {
        Semaphore failed = new Semaphore(0);
        OnRequest fails = new OnRequest("test-work", () -> {
            Thread.currentThread().setUncaughtExceptionHandler((thread, error) -> failed.release());
            begun.release();
            goOn.acquireUninterruptibly();
            throw new IllegalStateException("on purpose");
        });
        fails.request();
        assertTrue(begins());
        fails.request();
        for (int turn = 0; turn < 2; turn++) {
            goOn.release();
            assertTrue(failed.tryAcquire(5, TimeUnit.SECONDS), "turn " + turn);
        }
        fails.request();
        assertTrue(begins());
        goOn.release();
    }

    @Test
    void itIsDoneAnewWhenItIsAskedLater() throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            work.request();
            assertTrue(begins());
            goOn.release();
        }
    }
}
