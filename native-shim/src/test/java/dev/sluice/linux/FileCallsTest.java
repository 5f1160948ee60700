package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCallsTest extends RealKernel {
    private static final int PAGE = 4096;

    private LinuxFileCalls files;

    @TempDir
    private Path folder;

    @BeforeEach
    void openCalls() {
        files = LinuxFileCalls.open();
    }

    @AfterEach
    void closeCalls() {
        files.close();
    }

    private int openFile(String text) throws IOException {
        return own(files.open(
                Files.writeString(folder.resolve("file"), text).toString(), FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0));
    }

    @Test
    void opensMakesAndRefuses() throws Exception {
        int file = openFile("sluice");
        assertEquals(6, kernel.read(file, buffer, 0, 100));
        assertEquals("sluice", text(6));
        String path = folder.resolve("made").toString();
        int make = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_CLOEXEC;
        own(files.open(path, make, 0640));
        assertEquals(
                "rw-r-----",
                java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(path))));
        assertEquals(-Errno.EEXIST, files.open(path, make, 0640));
        assertEquals(-Errno.ENOENT, files.open(folder.resolve("none").toString(), FileCalls.O_RDONLY, 0));
    }

    @Test
    void truncatesAndSyncs() throws Exception {
        int file = openFile("sluice");
        assertEquals(0, files.truncate(file, PAGE));
        assertEquals(PAGE, Files.size(folder.resolve("file")));
        assertEquals(-Errno.EINVAL, files.truncate(file, -1));
        assertEquals(0, files.sync(file));
        assertEquals(-Errno.EINVAL, files.sync(pipe().a()));
    }

    @Test
    void mapsAFile() throws Exception {
        int file = openFile("sluice");
        long address = files.map(file, 0, PAGE, FileCalls.PROT_READ | FileCalls.PROT_WRITE, FileCalls.MAP_SHARED);
        assertTrue(address > 0);
        MemorySegment view = files.view(address, PAGE);
        assertEquals("sluice", view.getString(0));
        view.set(ValueLayout.JAVA_BYTE, 0, (byte) 'f');
        assertEquals("fluice", Files.readString(folder.resolve("file")));
        assertEquals(0, files.unmap(address, PAGE));
        assertEquals(-Errno.EINVAL, files.map(file, 1, PAGE, FileCalls.PROT_READ, FileCalls.MAP_SHARED));
        assertEquals(-Errno.EINVAL, files.unmap(address + 1, PAGE));
    }

    @Test
    void directReadsWantAlignedMemory() throws Exception {
        int expected = System.getProperty("os.arch").equals("aarch64") ? 0200000 : 040000;
        assertEquals(expected, files.directFlag());
        Path path = Files.write(folder.resolve("aligned"), new byte[PAGE]);
        int direct = files.open(path.toString(), FileCalls.O_RDONLY | FileCalls.O_CLOEXEC | files.directFlag(), 0);
        assumeTrue(direct != -Errno.EINVAL, "needs a file system with O_DIRECT for temporary files (java.io.tmpdir)");
        own(direct);
        MemorySegment memory = kernel.allocate(3L * PAGE);
        long aligned = -memory.address() & (PAGE - 1);
        assertEquals(PAGE, kernel.read(direct, memory, aligned, PAGE));
        assertEquals(0, kernel.read(direct, memory, aligned, PAGE));
    }

    @Test
    void sendfileSendsFromThePosition() throws Exception {
        int file = openFile("sluice");
        Pair tcp = tcp();
        assertEquals(2, files.sendfile(tcp.a(), file, 2));
        assertEquals(4, files.sendfile(tcp.a(), file, 100));
        assertEquals(0, files.sendfile(tcp.a(), file, 100));
        await(tcp.b(), Epoll.IN);
        assertEquals("sluice", receive(tcp.b()));
        assertEquals(-Errno.EINVAL, files.sendfile(tcp.a(), pipe().a(), 1));
        assertEquals(-Errno.EBADF, files.sendfile(-1, file, 1));
    }

    @Test
    void vmsplicePutsMemoryIntoAPipeUntilItIsFull() {
        Pair pipe = pipe();
        kernel.setPipeSize(pipe.b(), 2 * PAGE);
        long address = files.map(
                -1,
                0,
                4L * PAGE,
                FileCalls.PROT_READ | FileCalls.PROT_WRITE,
                FileCalls.MAP_PRIVATE | FileCalls.MAP_ANONYMOUS);
        MemorySegment memory = files.view(address, 4L * PAGE);
        memory.setString(PAGE, "gift");
        int flags = Pipes.SPLICE_F_NONBLOCK | FileCalls.SPLICE_F_GIFT;
        assertEquals(2 * PAGE, files.vmsplice(pipe.b(), memory, PAGE, 3L * PAGE, flags));
        assertEquals(-Errno.EAGAIN, files.vmsplice(pipe.b(), memory, 0, PAGE, flags));
        assertEquals(PAGE, kernel.read(pipe.a(), buffer, 0, PAGE));
        assertEquals("gift", buffer.getString(0));
        assertEquals(-Errno.EBADF, files.vmsplice(tcp().a(), memory, 0, PAGE, flags));
        assertEquals(0, files.unmap(address, 4L * PAGE));
    }

    @Test
    void zeroCopySendsAreToldOf() {
        Pair tcp = tcp();
        assertEquals(-Errno.EAGAIN, files.zeroCopyNotice(tcp.a()));
        assertEquals(0, kernel.setsockopt(tcp.a(), Sockets.SOL_SOCKET, ZeroCopy.SO_ZEROCOPY, 1));
        for (int i = 0; i < 2; i++) {
            assertEquals(PAGE, kernel.send(tcp.a(), buffer, 0, PAGE, Sockets.MSG_NOSIGNAL | ZeroCopy.MSG_ZEROCOPY));
        }
        await(tcp.b(), Epoll.IN);
        for (long received = 0; received < 2 * PAGE; ) {
            await(tcp.b(), Epoll.IN);
            received += Errno.check(kernel.recv(tcp.b(), buffer, 0, BUFFER, 0), "recv");
        }
        for (long completed = 0; completed < 2; ) {
            assertTrue((files.poll(tcp.a(), 0, 10_000) & FileCalls.POLLERR) != 0);
            long notice = Errno.check(files.zeroCopyNotice(tcp.a()), "recvmsg");
            assertTrue(ZeroCopy.copied(notice), "loopback copies");
            completed += ZeroCopy.completed(notice);
            assertTrue(completed <= 2);
        }
        assertEquals(-Errno.EAGAIN, files.zeroCopyNotice(tcp.a()));
    }

    @Test
    void zeroCopyNoticesAreTakenApart() {
        long all = 0xffff_ffffL;
        assertEquals(all, ZeroCopy.completed(ZeroCopy.notice(all, true)));
        assertTrue(ZeroCopy.copied(ZeroCopy.notice(all, true)));
        assertEquals(1, ZeroCopy.completed(ZeroCopy.notice(1, false)));
        assertTrue(!ZeroCopy.copied(ZeroCopy.notice(1, false)));
    }

    @Test
    void pollTellsWhatIsReady() {
        Pair pipe = pipe();
        assertEquals(0, files.poll(pipe.a(), FileCalls.POLLIN, 0));
        assertEquals(FileCalls.POLLOUT, files.poll(pipe.b(), FileCalls.POLLOUT, 0));
        shut(pipe.a());
        assertEquals(FileCalls.POLLERR, files.poll(pipe.b(), 0, 0));
    }

    @Test
    void memoryFilesAreSealed() {
        int memfd = own(files.memfd("sluice-test", FileCalls.MFD_CLOEXEC | FileCalls.MFD_ALLOW_SEALING));
        assertEquals(0, files.truncate(memfd, 2 * PAGE));
        assertEquals(0, files.addSeals(memfd, FileCalls.F_SEAL_SHRINK));
        assertEquals(-Errno.EPERM, files.truncate(memfd, PAGE));
        assertEquals(-Errno.EINVAL, files.addSeals(pipe().b(), FileCalls.F_SEAL_SHRINK));
    }

    @Test
    void dmaBufOfAMemoryFile() {
        int memfd = own(files.memfd("sluice-test", FileCalls.MFD_CLOEXEC | FileCalls.MFD_ALLOW_SEALING));
        assertEquals(0, files.truncate(memfd, 2 * PAGE));
        assertEquals(-Errno.ENOTTY, files.udmabuf(pipe().a(), memfd, 0, PAGE), "no such device");
        int device = files.open("/dev/udmabuf", FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0);
        assumeTrue(device >= 0, "needs /dev/udmabuf (as root: modprobe udmabuf)");
        own(device);
        assertEquals(-Errno.EINVAL, files.udmabuf(device, memfd, 0, PAGE), "not sealed");
        assertEquals(0, files.addSeals(memfd, FileCalls.F_SEAL_SHRINK));
        own(files.udmabuf(device, memfd, 0, 2 * PAGE));
    }

    @Test
    void usageOfTheThreadGrows() {
        ResourceUsage before = files.threadUsage();
        long address = files.map(
                -1,
                0,
                64L * PAGE,
                FileCalls.PROT_READ | FileCalls.PROT_WRITE,
                FileCalls.MAP_PRIVATE | FileCalls.MAP_ANONYMOUS);
        files.view(address, 64L * PAGE).fill((byte) 1);
        files.unmap(address, 64L * PAGE);
        files.poll(pipe().a(), FileCalls.POLLIN, 20);
        ResourceUsage used = files.threadUsage().since(before);
        assertTrue(used.minorFaults() >= 1, used::toString);
        assertTrue(used.waits() >= 1, used::toString);
        assertTrue(used.userMicros() >= 0 && used.systemMicros() >= 0, used::toString);
        assertTrue(used.userMicros() + used.systemMicros() < 5_000_000, used::toString);
    }
}
