package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.ScriptedKernel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Letters to a loop, and the bell that wakes it for them. */
class MailboxTest extends RealSockets {
    private final Script script = new Script();
    private final List<String> read = new ArrayList<>();
    private final List<Throwable> faults = new ArrayList<>();
    private final Letters letters = new Letters();
    private Kernel kernel;
    private MemorySegment one;
    private int eventfd;
    private Mailbox mailbox;

    /** Something may happen just after the loop has looked and found it empty. */
    private static final class Letters extends ConcurrentLinkedQueue<Runnable> {
        private static final long serialVersionUID = 1;

        private transient @Nullable Runnable whenFoundEmpty;

        @Override
        public @Nullable Runnable poll() {
            Runnable letter = super.poll();
            Runnable event = whenFoundEmpty;
            if (letter == null && event != null) {
                whenFoundEmpty = null;
                event.run();
            }
            return letter;
        }
    }

    @BeforeEach
    void open() {
        kernel = new ScriptedKernel(LinuxKernel.open(), script);
        one = kernel.allocate(Long.BYTES);
        eventfd = Errno.check(kernel.eventfd(), "eventfd");
        mailbox = new Mailbox(kernel, eventfd, (letter, fault) -> faults.add(fault), letters);
    }

    @AfterEach
    void close() {
        mailbox.close();
        kernel.close();
    }

    private void post(String text) {
        mailbox.post(kernel, one, () -> read.add(text));
    }

    private boolean rings() {
        return net.await(eventfd, Epoll.IN, 0);
    }

    private void look() {
        mailbox.onEvents(0, Epoll.IN);
    }

    @Test
    void aLetterRingsAndIsReadOnce() {
        assertTrue(!rings());
        post("a");
        assertTrue(rings());
        look();
        assertTrue(!rings());
        look();
        assertEquals(List.of("a"), read);
    }

    /** The bell is a system call, and one is enough. */
    @Test
    void manyLettersRingOnceAndAreReadInOrder() {
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sent.add("letter " + i);
            post("letter " + i);
        }
        assertEquals(1, script.count(Call.WRITE));
        look();
        assertEquals(sent, read);
        post("next");
        assertEquals(2, script.count(Call.WRITE));
    }

    @Test
    void aLetterThatIsPostedWhileOthersAreReadIsNotLost() {
        mailbox.post(kernel, one, () -> post("from a letter"));
        look();
        if (rings()) {
            look();
        }
        assertEquals(List.of("from a letter"), read);
    }

    /** Too late to be read this time, so it must ring. */
    @Test
    void norOneThatIsPostedWhenTheLoopHasJustFoundItEmpty() {
        letters.whenFoundEmpty = () -> post("late");
        post("in time");
        look();
        assertEquals(List.of("in time"), read);
        assertTrue(rings(), "nobody will ever look");
        look();
        assertEquals(List.of("in time", "late"), read);
    }

    @Test
    void oneThatThrowsDoesNotStopTheOthers() {
        post("before");
        mailbox.post(kernel, one, () -> {
            throw new IllegalStateException("scripted");
        });
        mailbox.post(kernel, one, () -> {
            throw new OutOfMemoryError("scripted");
        });
        post("after");
        look();
        assertEquals(List.of("before", "after"), read);
        assertEquals(2, faults.size());
    }

    /** It is the sender's again, and the next one rings. */
    @Test
    void aLetterThatCannotBeAnnouncedIsNotDelivered() {
        script.once(Call.WRITE, 1, Fault.outOfMemory());
        assertThrows(OutOfMemoryError.class, () -> post("refused"));
        post("next");
        assertTrue(rings());
        look();
        assertEquals(List.of("next"), read);
    }

    @Test
    void afterTheEndNobodyRingsAtADescriptorThatMayBeSomebodyElses() {
        mailbox.close();
        int other = Errno.check(kernel.eventfd(), "eventfd");
        assertEquals(eventfd, other, "the same number");
        post("too late");
        assertTrue(!rings());
        assertEquals(0, script.count(Call.WRITE));
        // The box is closed once more after the test, and the descriptor with it.
    }

    /** One letter at a time, the next as soon as the last was read: a bell that is missed once is a loop that sleeps for ever. */
    @Test
    void oneAfterTheOtherFromAnotherThread() throws InterruptedException {
        int count = 20_000;
        AtomicInteger arrived = new AtomicInteger();
        Thread sender = new Thread(() -> {
            try (Kernel mine = LinuxKernel.open()) {
                MemorySegment memory = mine.allocate(Long.BYTES);
                for (int i = 1; i <= count; i++) {
                    mailbox.post(mine, memory, arrived::incrementAndGet);
                    while (arrived.get() < i && !Thread.interrupted()) {
                        Thread.onSpinWait();
                    }
                }
            }
        });
        sender.start();
        while (arrived.get() < count && net.await(eventfd, Epoll.IN, Net.PATIENCE_MILLIS)) {
            look();
        }
        int last = arrived.get();
        sender.interrupt();
        sender.join();
        assertEquals(count, last);
    }
}
