package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Calls about descriptors and the process, and the rules of the kernel object itself. */
class LinuxKernelTest extends RealKernel {

    @Test
    void closeOfNoDescriptor() {
        assertEquals(-Errno.EBADF, kernel.close(-1));
        int eventfd = kernel.eventfd();
        assertEquals(0, kernel.close(eventfd));
        assertEquals(-Errno.EBADF, kernel.close(eventfd));
        assertEquals(-Errno.EBADF, kernel.bytesReadable(eventfd));
    }

    @Test
    void fileLimits() {
        long soft = kernel.getFileLimit(false);
        long hard = kernel.getFileLimit(true);
        assertTrue(soft > 0 && soft <= hard);
        try {
            assertEquals(0, kernel.setFileLimit(soft - 1));
            assertEquals(soft - 1, kernel.getFileLimit(false));
            assertEquals(hard, kernel.getFileLimit(true));
            assumeTrue(hard < Integer.MAX_VALUE, "needs a hard limit of descriptors (ulimit -Hn 1048576)");
            assertEquals(-Errno.EINVAL, kernel.setFileLimit(hard + 1));
            assertEquals(-Errno.EINVAL, kernel.setFileLimit(Long.MAX_VALUE));
        } finally {
            assertEquals(0, kernel.setFileLimit(soft));
        }
    }

    @Test
    void nothingOpensBeyondTheLimit() {
        int listener = listener(LOOPBACK);
        assertEquals(-Errno.EINPROGRESS, connect(socket(Sockets.AF_INET), nameOf(listener)));
        await(listener, Epoll.IN);
        long soft = kernel.getFileLimit(false);
        int[] answers;
        kernel.setFileLimit(3); // all that is open already lies above: keep this stretch short
        try {
            answers = new int[] {
                kernel.epollCreate(),
                kernel.eventfd(),
                (int) kernel.pipe(),
                kernel.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0),
                kernel.accept4(listener, sockaddr, 0)
            };
        } finally {
            kernel.setFileLimit(soft);
        }
        for (int answer : answers) {
            assertEquals(-Errno.EMFILE, answer);
        }
        accept(listener);
    }

    @Test
    void affinityIsOfTheCallingThread() throws Exception {
        int refused = onNewThread(() -> {
            try (LinuxKernel its = LinuxKernel.open()) {
                assertEquals(0, its.setAffinity(firstAllowedCpu()));
                assertEquals(-Errno.EINVAL, its.setAffinity(-1));
                assertEquals(-Errno.EINVAL, its.setAffinity(1024));
                return its.setAffinity(1023);
            }
        });
        assertEquals(-Errno.EINVAL, refused, "such a machine was not thought of");
    }

    private static int firstAllowedCpu() throws Exception {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.replaceAll("[^0-9]*([0-9]+).*", "$1"))
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void otherThreadsAreTurnedAwayBeforeTheCall() throws Exception {
        int eventfd = own(kernel.eventfd());
        assertThrows(WrongThreadException.class, () -> onNewThread(() -> kernel.close(eventfd)));
        assertThrows(WrongThreadException.class, () -> onNewThread(() -> kernel.close(-1)));
        assertThrows(WrongThreadException.class, () -> onNewThread(() -> kernel.getPipeSize(eventfd)));
        assertThrows(
                WrongThreadException.class,
                () -> onNewThread(() -> {
                    kernel.close();
                    return 0;
                }));
        assertEquals(-Errno.EAGAIN, kernel.read(eventfd, buffer, 0, 8), "still open");
    }

    private interface Body {
        int run() throws Exception;
    }

    private static int onNewThread(Body body) throws Exception {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                answer.complete(body.run());
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Exception thrown) {
                throw thrown;
            }
            throw e;
        }
    }

    @Test
    void closedKernelCallsNobody() {
        LinuxKernel closed = LinuxKernel.open();
        closed.close();
        closed.close();
        assertThrows(IllegalStateException.class, closed::eventfd);
        assertThrows(IllegalStateException.class, closed::pipe);
        assertThrows(IllegalStateException.class, () -> closed.allocate(1));
    }

    @Test
    void buffersAreGuarded() {
        int end = pipe().b();
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.write(end, buffer, BUFFER - 1, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.write(end, buffer, -1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.recv(end, buffer, 0, -1, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.send(end, buffer, 1, Long.MAX_VALUE, 0));
        MemorySegment heap = MemorySegment.ofArray(new byte[8]);
        assertThrows(IllegalArgumentException.class, () -> kernel.read(end, heap, 0, 8));
    }

    @Test
    void memoryIsZeroedAndAligned() {
        for (int size : new int[] {1, 3, 8}) {
            MemorySegment memory = kernel.allocate(size);
            assertEquals(size, memory.byteSize());
            assertEquals(0, memory.address() % 8);
            assertEquals(-1, memory.mismatch(kernel.allocate(size)));
        }
    }
}
