package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PipeCallsTest extends RealKernel {
    @Test
    void whatIsWrittenIsRead() {
        Pair pipe = pipe();
        buffer.setString(10, "sluice");
        assertEquals(6, kernel.write(pipe.b(), buffer, 10, 6));
        assertEquals(6, kernel.bytesReadable(pipe.a()));
        buffer.fill((byte) 0);
        assertEquals(6, kernel.read(pipe.a(), buffer, 100, 50));
        assertEquals("sluice", buffer.getString(100));
        assertEquals(0, buffer.get(ValueLayout.JAVA_BYTE, 99));
    }

    @Test
    void endsAreNonBlocking() {
        Pair pipe = pipe();
        assertEquals(-Errno.EAGAIN, kernel.read(pipe.a(), buffer, 0, 1));
        int size = kernel.getPipeSize(pipe.b());
        for (int written = 0; written < size; written += BUFFER) {
            assertEquals(
                    Math.min(BUFFER, size - written),
                    kernel.write(pipe.b(), buffer, 0, Math.min(BUFFER, size - written)));
        }
        assertEquals(-Errno.EAGAIN, kernel.write(pipe.b(), buffer, 0, 1));
    }

    @Test
    void closedWriteEndIsEndOfInputAndClosedReadEndABrokenPipe() {
        Pair ended = pipe();
        shut(ended.b());
        assertEquals(0, kernel.read(ended.a(), buffer, 0, 1));
        Pair broken = pipe();
        shut(broken.a());
        assertEquals(-Errno.EPIPE, kernel.write(broken.b(), buffer, 0, 1));
    }

    @Test
    void endsAreTheWrongWayRound() {
        Pair pipe = pipe();
        assertEquals(-Errno.EBADF, kernel.read(pipe.b(), buffer, 0, 1));
        assertEquals(-Errno.EBADF, kernel.write(pipe.a(), buffer, 0, 1));
    }

    @Test
    void sizeIsRoundedUpAndReadBack() {
        Pair pipe = pipe();
        int page = kernel.pageSize();
        assertTrue(page >= 4096 && Integer.bitCount(page) == 1, () -> page + " bytes");
        assertEquals(2 * page, kernel.setPipeSize(pipe.a(), page + 1));
        assertEquals(2 * page, kernel.getPipeSize(pipe.a()));
        assertEquals(2 * page, kernel.getPipeSize(pipe.b()));
        assertEquals(page, kernel.setPipeSize(pipe.b(), 1));
    }

    @Test
    void sizeIsRefused() throws Exception {
        Pair pipe = pipe();
        int page = kernel.pageSize();
        assertEquals(2L * page, kernel.write(pipe.b(), kernel.allocate(2L * page), 0, 2L * page));
        assertEquals(-Errno.EBUSY, kernel.setPipeSize(pipe.b(), page));
        assertEquals(-Errno.EINVAL, kernel.setPipeSize(pipe.b(), -1));
        assertEquals(-Errno.EBADF, kernel.setPipeSize(socket(Sockets.AF_INET), page));
        assertEquals(-Errno.EBADF, kernel.getPipeSize(-1));

        // Not readString: it asks for one byte first, and a sysctl answers the first read only.
        int most = Integer.parseInt(
                Files.readAllLines(Path.of("/proc/sys/fs/pipe-max-size")).getFirst());
        int above = kernel.setPipeSize(pipe.b(), most + 1);
        assumeTrue(above < 0, "needs a user without CAP_SYS_RESOURCE, who may not go above fs.pipe-max-size");
        assertEquals(-Errno.EPERM, above);
    }

    @Test
    void spliceMovesEveryByteFromSocketToSocket() {
        Pair source = tcp();
        Pair sink = tcp();
        Pair pipe = pipe();
        byte[] sent = new byte[1_000_000];
        new Random(7).nextBytes(sent);
        byte[] received = new byte[sent.length];
        int in = 0;
        int out = 0;
        long pending = 0;
        while (out < sent.length) {
            if (in < sent.length) {
                int length = Math.min(BUFFER, sent.length - in);
                buffer.asSlice(0, length).copyFrom(MemorySegment.ofArray(sent).asSlice(in, length));
                in += (int) orNone(kernel.send(source.a(), buffer, 0, length, Sockets.MSG_NOSIGNAL));
            }
            pending += orNone(splice(source.b(), pipe.b()));
            if (pending > 0) {
                pending -= orNone(kernel.splice(pipe.a(), sink.a(), pending, Pipes.SPLICE_F_NONBLOCK));
            }
            int read = (int) orNone(kernel.recv(sink.b(), buffer, 0, BUFFER, 0));
            MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, received, out, read);
            out += read;
        }
        assertEquals(0, pending);
        assertTrue(Arrays.equals(sent, received));
        shut(source.a());
        await(source.b(), Epoll.RDHUP);
        assertEquals(0, splice(source.b(), pipe.b()), "end of input");
    }

    private static long orNone(long result) {
        return result == -Errno.EAGAIN ? 0 : Errno.check(result, "relay");
    }

    @Test
    void spliceIsRefused() {
        Pair pipe = pipe();
        Pair tcp = tcp();
        assertEquals(-Errno.EAGAIN, splice(tcp.b(), pipe.b()), "nothing to read");
        assertEquals(-Errno.EAGAIN, splice(pipe.a(), tcp.a()), "nothing in the pipe");
        assertEquals(-Errno.EINVAL, splice(tcp.a(), tcp.b()), "no pipe");
        assertEquals(-Errno.EBADF, splice(-1, pipe.b()));
        assertEquals(-Errno.EBADF, splice(tcp.a(), pipe.a()), "wrong end");
        assertEquals(-Errno.EINVAL, kernel.splice(tcp.b(), pipe.b(), -1, Pipes.SPLICE_F_NONBLOCK), "over SSIZE_MAX");
        assertEquals(-Errno.EINVAL, kernel.splice(tcp.b(), pipe.b(), 1, 0x80), "unknown flag");
        assertEquals(0, kernel.splice(tcp.b(), pipe.b(), 0, Pipes.SPLICE_F_NONBLOCK));
        send(tcp.a(), "x");
        await(tcp.b(), Epoll.IN);
        assertEquals(1, kernel.splice(tcp.b(), pipe.b(), Pipes.MAX_SPLICE, Pipes.SPLICE_F_NONBLOCK));
    }

    @Test
    void spliceFromUnreadUnixSocket() {
        int listener = listener(
                new Address.Unix("@sluice-splice-" + ProcessHandle.current().pid()));
        int client = socket(Sockets.AF_UNIX);
        assertEquals(0, connect(client, nameOf(listener)));
        int server = accept(listener);
        Pair pipe = pipe();
        send(client, "unix");
        assertEquals(4, splice(server, pipe.b()));
        assertEquals(4, splice(pipe.a(), server));
        assertEquals("unix", receive(client));
    }
}
