package dev.sluice.linux;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the C functions are linked: a thread inside one holds up nobody else. */
@Timeout(60)
class LinkageTest extends RealKernel {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target", "classes"));
    private static final int UNTIL_GIVEN_UP_MILLIS = 5_000;

    /** A call that is linked critical stays in Java for the JVM, so that every safepoint waits for it to return. */
    @Test
    void noneIsLinkedCritical() {
        assertTrue(CLASSES.contain(Libc.class.getName()), "nothing was looked at");
        noClasses()
                .should()
                .callMethod(Linker.Option.class, "critical", boolean.class)
                .because("a thread in the kernel would hold up every safepoint of the process")
                .check(CLASSES);
    }

    /**
     * A thread waits in epoll_wait(2), the heap is collected, which stops every thread, and then the wait is ended by an event. Were
     * the collection held up by the wait, the wait would end by its timeout first.
     */
    @Test
    void theHeapIsCollectedWhileAThreadWaitsInTheKernel() throws Exception {
        int eventfd = own(kernel.eventfd());
        CountDownLatch aboutToWait = new CountDownLatch(1);
        AtomicInteger found = new AtomicInteger();
        Thread waiter = Thread.ofPlatform().start(() -> {
            try (LinuxKernel own = LinuxKernel.open()) {
                int epoll = Errno.check(own.epollCreate(), "epoll_create1");
                EpollEvents events = new EpollEvents(own, 1);
                own.epollCtl(epoll, Epoll.ADD, eventfd, Epoll.IN, 0);
                aboutToWait.countDown();
                found.set(own.epollWait(epoll, events, UNTIL_GIVEN_UP_MILLIS));
                own.close(epoll);
            }
        });
        aboutToWait.await();
        Thread.sleep(100); // until it is in the kernel, most likely
        System.gc();
        MemorySegment one = kernel.allocate(Long.BYTES);
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        assertEquals(Long.BYTES, kernel.write(eventfd, one, 0, Long.BYTES));
        waiter.join();
        assertEquals(1, found.get(), "the wait was over before the collection was");
    }
}
