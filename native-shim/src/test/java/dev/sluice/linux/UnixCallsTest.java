package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Descriptors from one end of a unix socket to the other, and who is there. Against the real kernel. */
class UnixCallsTest extends RealKernel {
    /** O_CLOEXEC. */
    private static final int CLOSE_ON_EXEC = 02000000;

    private static final Path OPEN = Path.of("/proc/self/fd");

    private UnixCalls calls;
    private Pair ends;

    @BeforeEach
    void connectEnds() {
        calls = UnixCalls.open();
        int listener = listener(
                new Address.Unix("@sluice-calls-" + ProcessHandle.current().pid()));
        int client = socket(Sockets.AF_UNIX);
        assertEquals(0, connect(client, nameOf(listener)));
        ends = new Pair(client, accept(listener));
        shut(listener);
    }

    @AfterEach
    void closeCalls() {
        calls.close();
    }

    private long send(List<Integer> descriptors) {
        return calls.send(ends.a(), buffer, 0, 3, descriptors, Sockets.MSG_NOSIGNAL);
    }

    private long receive(List<Integer> into) {
        return calls.receive(ends.b(), buffer, 0, BUFFER, into);
    }

    /** What arrives, to be closed after the test. */
    private List<Integer> received() {
        List<Integer> into = new ArrayList<>();
        assertEquals(3, receive(into));
        into.forEach(this::own);
        return into;
    }

    private static int open() throws IOException {
        try (Stream<Path> descriptors = Files.list(OPEN)) {
            return (int) descriptors.count();
        }
    }

    @Test
    void aDescriptorArrivesAsAnotherOneOfTheSameFile() throws IOException {
        Pair pipe = pipe();
        buffer.setString(0, "abc");
        assertEquals(3, send(List.of(pipe.a(), pipe.b())));
        List<Integer> into = received();
        assertEquals("abc", text(3));
        assertEquals(2, new HashSet<>(into).size());
        assertEquals(link(pipe.a()), link(into.getFirst()));
        assertNotEquals(pipe.a(), into.getFirst());
        shut(pipe.a());
        shut(pipe.b());
        assertEquals(2, kernel.write(into.get(1), buffer, 0, 2), "open, though the sender's are closed");
        assertEquals(2, kernel.read(into.getFirst(), buffer, 0, 10));
        assertTrue(
                Files.readString(Path.of("/proc/self/fdinfo/" + into.getFirst()))
                        .contains("02004000"),
                "closed by exec (O_CLOEXEC)");
    }

    private static String link(int descriptor) throws IOException {
        return Files.readSymbolicLink(OPEN.resolve(Integer.toString(descriptor)))
                .toString();
    }

    @Test
    void bytesWithoutDescriptorsAreJustBytes() {
        assertEquals(3, send(List.of()));
        assertEquals(List.of(), received());
        assertEquals(-Errno.EAGAIN, receive(new ArrayList<>()));
        shut(ends.a());
        assertEquals(0, receive(new ArrayList<>()));
    }

    /** So a receiver knows which of its messages brought them. */
    @Test
    void bytesOfTwoBatchesAreNotMixed() {
        int one = own(kernel.eventfd());
        assertEquals(3, send(List.of(one)));
        assertEquals(3, send(List.of(one, one)));
        assertEquals(1, received().size());
        assertEquals(2, received().size());
    }

    @Test
    void aMessageTakes253AndNotOneMore() throws IOException {
        int one = own(kernel.eventfd());
        int before = open();
        assertEquals(3, send(Collections.nCopies(UnixCalls.MAX_DESCRIPTORS, one)));
        assertEquals(UnixCalls.MAX_DESCRIPTORS, received().size());
        assertEquals(before + UnixCalls.MAX_DESCRIPTORS, open());
        assertEquals(-Errno.EINVAL, send(Collections.nCopies(UnixCalls.MAX_DESCRIPTORS + 1, one)));
    }

    /** None of some is kept: who asked for all could not tell which are missing. */
    @Test
    void withoutRoomForAllNoneIsKept() throws IOException {
        int one = own(kernel.eventfd());
        long limit = kernel.getFileLimit(false);
        assertEquals(3, send(Collections.nCopies(10, one)));
        int before = open();
        List<Integer> into = new ArrayList<>();
        int free = kernel.eventfd();
        kernel.close(free);
        assertEquals(0, kernel.setFileLimit(free + 2));
        try {
            assertEquals(-Errno.EMFILE, receive(into));
        } finally {
            kernel.setFileLimit(limit);
        }
        assertEquals(List.of(), into);
        assertEquals(before, open());
        assertEquals(-Errno.EAGAIN, receive(into), "the bytes are gone with them");
    }

    /** A reader that knows nothing of descriptors drops them, and they are not open in secret. */
    @Test
    void aPlainRecvDropsThem() throws IOException {
        int one = own(kernel.eventfd());
        int before = open();
        assertEquals(3, send(Collections.nCopies(5, one)));
        assertEquals(3, kernel.recv(ends.b(), buffer, 0, BUFFER, 0));
        assertEquals(before, open());
    }

    @Test
    void isRefused() {
        assertEquals(-Errno.EBADF, send(List.of(own(kernel.eventfd()), 999_999)));
        assertEquals(-Errno.EBADF, calls.send(-1, buffer, 0, 1, List.of(), 0));
        assertEquals(-Errno.EBADF, calls.receive(-1, buffer, 0, 1, new ArrayList<>()));
        assertEquals(-Errno.ENOTSOCK, calls.send(pipe().b(), buffer, 0, 1, List.of(), 0));
        assertEquals(-Errno.ENOTSOCK, calls.receive(pipe().a(), buffer, 0, 1, new ArrayList<>()));
        shut(ends.b());
        assertEquals(-Errno.EPIPE, send(List.of()));
        assertThrows(IndexOutOfBoundsException.class, () -> calls.send(ends.a(), buffer, BUFFER, 1, List.of(), 0));
    }

    /** A full socket takes what fits: descriptors go with the first of it. */
    @Test
    void aFullSocketSaysAgain() {
        long result;
        do {
            result = calls.send(ends.a(), buffer, 0, BUFFER, List.of(), Sockets.MSG_NOSIGNAL);
        } while (result > 0);
        assertEquals(-Errno.EAGAIN, result);
        assertEquals(-Errno.EAGAIN, send(List.of(ends.a())));
    }

    @Test
    void whoIsThere() throws IOException {
        Integer user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        assertEquals((long) user, calls.effectiveUser());
        assertEquals((long) user, calls.peerUser(ends.a()));
        assertEquals((long) user, calls.peerUser(ends.b()));
        assertEquals(ProcessHandle.current().pid(), calls.peerProcess(ends.b()));
        assertEquals(0xffff_ffffL, calls.peerUser(socket(Sockets.AF_UNIX)), "nobody");
        assertEquals(0, calls.peerProcess(socket(Sockets.AF_UNIX)));
        assertEquals(-Errno.ENOTSOCK, calls.peerUser(pipe().a()));
        assertEquals(-Errno.EBADF, calls.peerProcess(-1));
    }

    @Test
    void aSocketsFileIsPrivateFromTheBeginning(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("s");
        int socket = socket(Sockets.AF_UNIX);
        assertEquals(0, calls.setMode(socket, 0600));
        sockaddr.set(new Address.Unix(file.toString()));
        assertEquals(0, kernel.bind(socket, sockaddr));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(-Errno.EBADF, calls.setMode(-1, 0600));
    }

    /** Whoever opened it: the flag is the open file's, and so the same for all who share it. */
    @Test
    void aDescriptorThatBlocksIsMadeToAnswerAtOnce() {
        int blocking = own(kernel.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0));
        sockaddr.set(new Address.Unix("@sluice-flag-" + ProcessHandle.current().pid()));
        assertEquals(0, kernel.bind(blocking, sockaddr));
        assertEquals(0, kernel.listen(blocking, 1));
        assertEquals(0, kernel.setNonBlocking(blocking));
        assertEquals(-Errno.EAGAIN, kernel.accept4(blocking, sockaddr, 0));
        assertEquals(1, kernel.getsockopt(blocking, Sockets.SOL_SOCKET, Sockets.SO_ACCEPTCONN));
        assertEquals(Sockets.SOCK_STREAM, kernel.getsockopt(blocking, Sockets.SOL_SOCKET, Sockets.SO_TYPE));
        assertEquals(-Errno.EBADF, kernel.setNonBlocking(-1));
        assertFalse(calls.effectiveUser() < 0);
    }

    /** What was passed on by whoever started the process is no child's. */
    @Test
    void aDescriptorIsClosedByExec() throws IOException {
        int open = own(kernel.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0));
        assertEquals(0, flags(open) & CLOSE_ON_EXEC);
        assertEquals(0, kernel.setCloseOnExec(open));
        assertEquals(CLOSE_ON_EXEC, flags(open) & CLOSE_ON_EXEC);
        assertEquals(-Errno.EBADF, kernel.setCloseOnExec(-1));
    }

    /** As proc_pid_fdinfo(5) has them, in octal. */
    private static int flags(int fd) throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
                .filter(one -> one.startsWith("flags:"))
                .findFirst()
                .orElseThrow();
        return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
    }
}
