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
    void itIsDoneAnewWhenItIsAskedLater() throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            work.request();
            assertTrue(begins());
            goOn.release();
        }
    }
}
