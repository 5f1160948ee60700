package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpollCallsTest extends RealKernel {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x0123_4567_89ab_cdefL, 0xffff_ffffL})
    void dataComesBackWhole(long data) {
        int epoll = own(kernel.epollCreate());
        assertEquals(0, kernel.epollCtl(epoll, Epoll.ADD, pipe().b(), Epoll.OUT, data));
        EpollEvents events = new EpollEvents(kernel, 4);
        assertEquals(1, kernel.epollWait(epoll, events, 0));
        assertEquals(Epoll.OUT, events.events(0));
        assertEquals(data, events.data(0));
    }

    @Test
    void noMoreEventsThanCapacityAndTheRestNextTime() {
        int epoll = own(kernel.epollCreate());
        for (long i = 0; i < 5; i++) {
            assertEquals(0, kernel.epollCtl(epoll, Epoll.ADD, pipe().b(), Epoll.OUT | Epoll.ET, i));
        }
        EpollEvents events = new EpollEvents(kernel, 3);
        Set<Long> seen = new HashSet<>();
        for (int expected : new int[] {3, 2, 0}) {
            int found = kernel.epollWait(epoll, events, 0);
            assertEquals(expected, found);
            for (int i = 0; i < found; i++) {
                assertEquals(Epoll.OUT, events.events(i));
                seen.add(events.data(i));
            }
        }
        assertEquals(Set.of(0L, 1L, 2L, 3L, 4L), seen);
    }

    @Test
    void modifyAndDelete() {
        int epoll = own(kernel.epollCreate());
        Pair tcp = tcp();
        EpollEvents events = new EpollEvents(kernel, 1);
        assertEquals(0, kernel.epollCtl(epoll, Epoll.ADD, tcp.a(), Epoll.IN, 1));
        assertEquals(0, kernel.epollWait(epoll, events, 0));
        assertEquals(0, kernel.epollCtl(epoll, Epoll.MOD, tcp.a(), Epoll.OUT, 2));
        assertEquals(1, kernel.epollWait(epoll, events, 0));
        assertEquals(2, events.data(0));
        assertEquals(0, kernel.epollCtl(epoll, Epoll.DEL, tcp.a(), 0, 0));
        assertEquals(0, kernel.epollWait(epoll, events, 0));
    }

    @Test
    void exclusiveIsForAddOnly() {
        int epoll = own(kernel.epollCreate());
        int listener = listener(LOOPBACK);
        assertEquals(0, kernel.epollCtl(epoll, Epoll.ADD, listener, Epoll.IN | Epoll.EXCLUSIVE, 0));
        assertEquals(-Errno.EINVAL, kernel.epollCtl(epoll, Epoll.MOD, listener, Epoll.IN | Epoll.EXCLUSIVE, 0));
    }

    @Test
    void controlIsRefused(@TempDir Path folder) throws Exception {
        int epoll = own(kernel.epollCreate());
        int end = pipe().a();
        assertEquals(0, kernel.epollCtl(epoll, Epoll.ADD, end, Epoll.IN, 0));
        assertEquals(-Errno.EEXIST, kernel.epollCtl(epoll, Epoll.ADD, end, Epoll.IN, 0));
        assertEquals(-Errno.ENOENT, kernel.epollCtl(epoll, Epoll.MOD, pipe().a(), Epoll.IN, 0));
        assertEquals(-Errno.ENOENT, kernel.epollCtl(epoll, Epoll.DEL, pipe().a(), 0, 0));
        assertEquals(-Errno.EBADF, kernel.epollCtl(epoll, Epoll.ADD, -1, Epoll.IN, 0));
        assertEquals(-Errno.EINVAL, kernel.epollCtl(epoll, Epoll.ADD, epoll, Epoll.IN, 0));
        Path file = Files.writeString(folder.resolve("file"), "x");
        try (InputStream in = Files.newInputStream(file)) {
            assertEquals(-Errno.EPERM, kernel.epollCtl(epoll, Epoll.ADD, descriptorOf(file), Epoll.IN, 0));
            assertEquals('x', in.read());
        }
    }

    private static int descriptorOf(Path file) throws Exception {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path link : links) {
                if (Files.exists(link) && Files.isSameFile(link, file)) {
                    return Integer.parseInt(link.getFileName().toString());
                }
            }
        }
        throw new AssertionError(file + " is not open");
    }

    @Test
    void waitIsRefused() {
        EpollEvents events = new EpollEvents(kernel, 1);
        assertEquals(-Errno.EBADF, kernel.epollWait(-1, events, 0));
        assertEquals(-Errno.EINVAL, kernel.epollWait(pipe().a(), events, 0));
    }

    @Test
    void waitHoldsUntilItsTimeout() {
        long start = System.nanoTime();
        assertEquals(0, kernel.epollWait(own(kernel.epollCreate()), new EpollEvents(kernel, 1), 30));
        assertTrue(System.nanoTime() - start >= 29_000_000);
    }

    @Test
    void eventfdCountsAndNeverBlocks() {
        int eventfd = own(kernel.eventfd());
        assertEquals(-Errno.EAGAIN, kernel.read(eventfd, buffer, 0, 8));
        buffer.set(ValueLayout.JAVA_LONG, 0, 3);
        assertEquals(8, kernel.write(eventfd, buffer, 0, 8));
        assertEquals(8, kernel.write(eventfd, buffer, 0, 8));
        assertEquals(8, kernel.read(eventfd, buffer, 8, 8));
        assertEquals(6, buffer.get(ValueLayout.JAVA_LONG, 8));
        assertEquals(-Errno.EINVAL, kernel.read(eventfd, buffer, 0, 4));
    }

    @Test
    void eventfdWakesAWaitingThread() throws Exception {
        int epoll = own(kernel.epollCreate());
        int eventfd = own(kernel.eventfd());
        assertEquals(0, kernel.epollCtl(epoll, Epoll.ADD, eventfd, Epoll.IN, 42));
        Thread waker = Thread.ofPlatform().start(() -> {
            try (LinuxKernel its = LinuxKernel.open()) {
                var one = its.allocate(8);
                one.set(ValueLayout.JAVA_LONG, 0, 1);
                Errno.check(its.write(eventfd, one, 0, 8), "write");
            }
        });
        EpollEvents events = new EpollEvents(kernel, 1);
        assertEquals(1, kernel.epollWait(epoll, events, 10_000));
        assertEquals(42, events.data(0));
        waker.join();
    }
}
