package dev.sluice.proxy.loop;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Kernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/**
 * What other threads want done on a loop's thread. The one door into a loop: a queue, and an eventfd(2) that wakes the loop
 * when the queue was thought empty.
 */
final class Mailbox implements Handler {
    private final ConcurrentLinkedQueue<Runnable> letters;
    /** Set by the first one that posts since the loop last looked: that one alone rings. */
    private final AtomicBoolean rung = new AtomicBoolean();

    private final Kernel kernel;
    private final int eventfd;
    private final MemorySegment counter;

    private final BiConsumer<Object, Throwable> faults;
    private volatile boolean ended;
    private boolean closed;

    /**
     * @param faults is told of a letter that threw
     */
    Mailbox(Kernel kernel, int eventfd, BiConsumer<Object, Throwable> faults) {
        this(kernel, eventfd, faults, new ConcurrentLinkedQueue<>());
    }

    /** For a test that has to know when the loop looks. */
    Mailbox(Kernel kernel, int eventfd, BiConsumer<Object, Throwable> faults, ConcurrentLinkedQueue<Runnable> letters) {
        this.letters = letters;
        this.kernel = kernel;
        this.eventfd = eventfd;
        this.faults = faults;
        this.counter = kernel.allocate(Long.BYTES);
    }

    /**
     * From any thread. If this throws, for want of memory, the letter is not delivered.
     *
     * @param caller the calling thread's own kernel
     * @param one eight bytes of the caller's, to be written to
     * @return false when the loop has ended: the letter will never be read
     */
    boolean post(Kernel caller, MemorySegment one, Runnable letter) {
        letters.add(letter);
        if (ended && letters.remove(letter)) {
            return false; // else the last look has found it
        }
        if (!rung.getAndSet(true)) {
            try {
                ring(caller, one);
            } catch (RuntimeException | OutOfMemoryError e) {
                rung.set(false); // the next one rings, for those who posted meanwhile as well
                if (letters.remove(letter)) {
                    throw e;
                }
            }
        }
        return true;
    }

    /** Not while the loop closes: the descriptor's number may be somebody else's by then. */
    private synchronized void ring(Kernel caller, MemorySegment one) {
        if (!closed) {
            one.set(ValueLayout.JAVA_LONG, 0, 1);
            // EAGAIN would mean that the eventfd's counter is at its limit: it rings all the same.
            caller.write(eventfd, one, 0, Long.BYTES);
        }
    }

    /** From the loop's thread, to another loop. */
    boolean postTo(Mailbox other, Runnable letter) {
        return other.post(kernel, counter, letter);
    }

    @Override
    public void onEvents(int tag, int events) {
        kernel.read(eventfd, counter, 0, Long.BYTES);
        rung.set(false);
        Runnable letter;
        while ((letter = letters.poll()) != null) {
            try {
                letter.run();
            } catch (RuntimeException | OutOfMemoryError e) {
                faults.accept(letter, e);
            }
        }
    }

    /** The loop ends: reads what was posted until now, and takes nothing more. */
    void end() {
        ended = true;
        onEvents(0, Epoll.IN);
    }

    synchronized void close() {
        closed = true;
        kernel.close(eventfd);
    }
}
