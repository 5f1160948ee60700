package dev.sluice.cli.bench.techniques.send;

import dev.sluice.linux.Errno;
import dev.sluice.linux.FileCalls;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.Pipes;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.ZeroCopy;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** From memory of the process to the socket, without copying it out. */
final class MemorySenders {
    private MemorySenders() {}

    /** send(2) with MSG_ZEROCOPY out of a mapping of the file, until the kernel has told of each send that it is done with it. */
    record ZeroCopySend(Lane lane) implements Sender {
        private static final int PATIENCE_MILLIS = 10_000;

        /** Sends between two looks at the notices, which the kernel joins meanwhile. */
        private static final int UNTIL_LOOK = 16;

        @Override
        public void send(Line line, Tally tally) {
            int socket = line.socket();
            tally.call(
                    lane.kernel().setsockopt(socket, Sockets.SOL_SOCKET, ZeroCopy.SO_ZEROCOPY, 1),
                    "setsockopt(SO_ZEROCOPY)");
            int in = lane.open(tally, 0);
            try {
                MemorySegment mapping = lane.map(tally, in);
                long pending = 0;
                int flags = Sockets.MSG_NOSIGNAL | ZeroCopy.MSG_ZEROCOPY;
                for (long done = 0; done < mapping.byteSize(); ) {
                    long count = Math.min(lane.chunk(), mapping.byteSize() - done);
                    long sent = tally.tried(lane.kernel().send(socket, mapping, done, count, flags));
                    if (sent == -Errno.ENOBUFS && pending > 0) {
                        pending -= awaitNotice(socket, tally); // net.core.optmem_max holds this many
                        continue;
                    }
                    done += Errno.check(sent, "send(MSG_ZEROCOPY)");
                    pending++;
                    if (pending >= UNTIL_LOOK) {
                        pending -= notices(socket, tally);
                    }
                }
                while (pending > 0) {
                    pending -= awaitNotice(socket, tally);
                }
                lane.unmap(tally, mapping);
                tally.copiedOut(mapping.byteSize() * tally.zeroCopyCopied() / tally.zeroCopySends());
            } finally {
                lane.close(tally, in);
            }
        }

        private long awaitNotice(int socket, Tally tally) {
            if (tally.call(lane.files().poll(socket, 0, PATIENCE_MILLIS), "poll") == 0) {
                throw new KernelException("no notice of MSG_ZEROCOPY", Errno.ETIMEDOUT);
            }
            return notices(socket, tally);
        }

        /** Takes the notices that are there: how many sends they are about. */
        private long notices(int socket, Tally tally) {
            long completed = 0;
            long notice = tally.tried(lane.files().zeroCopyNotice(socket));
            while (notice != -Errno.EAGAIN) {
                Errno.check(notice, "recvmsg(MSG_ERRQUEUE)");
                completed += ZeroCopy.completed(notice);
                tally.zeroCopy(ZeroCopy.completed(notice), ZeroCopy.copied(notice));
                notice = tally.tried(lane.files().zeroCopyNotice(socket));
            }
            return completed;
        }
    }

    /** vmsplice(2) with SPLICE_F_GIFT into a pipe, splice(2) out of it; the memory is filled once and never written again. */
    static final class Gift implements Sender {
        /** More than this of the machine's memory is not asked for. */
        private static final long MOST = 1L << 30;

        private final Lane lane;
        private final long pipe;
        private final MemorySegment memory;

        Gift(Lane lane) {
            this.lane = lane;
            this.pipe = lane.pipe();
            long length = length(lane.file());
            int protection = FileCalls.PROT_READ | FileCalls.PROT_WRITE;
            int flags = FileCalls.MAP_PRIVATE | FileCalls.MAP_ANONYMOUS;
            long address = Errno.check(lane.files().map(-1, 0, length, protection, flags), "mmap");
            this.memory = lane.files().view(address, length);
            load(lane, memory);
        }

        @Override
        public void send(Line line, Tally tally) {
            int flags = Pipes.SPLICE_F_NONBLOCK | FileCalls.SPLICE_F_GIFT;
            for (long done = 0; done < memory.byteSize(); ) {
                long count = Math.min(lane.chunk(), memory.byteSize() - done);
                long gifted =
                        tally.call(lane.files().vmsplice(Pipes.writeEnd(pipe), memory, done, count, flags), "vmsplice");
                lane.drain(tally, pipe, line.socket(), gifted);
                done += gifted;
            }
        }

        @Override
        public long length(SourceFile file) {
            return Math.min(file.size(), MOST);
        }

        @Override
        public void close() {
            lane.files().unmap(memory.address(), memory.byteSize());
            lane.closePipe(pipe);
        }
    }

    /** write(2) out of a mapping of a DMA-BUF that is made of a memory file's pages (udmabuf). */
    static final class DmaBuf implements Sender {
        private static final String DEVICE = "/dev/udmabuf";

        /** The module's own limit is 64 MiB unless told otherwise. */
        private static final long MOST = 32L << 20;

        private final Lane lane;
        private final int memfd;
        private final int buffer;

        private DmaBuf(Lane lane, int memfd, int buffer) {
            this.lane = lane;
            this.memfd = memfd;
            this.buffer = buffer;
        }

        static Sender open(Lane lane) throws Unavailable {
            int device = lane.files().open(DEVICE, FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0);
            if (device < 0) {
                throw new Unavailable(
                        device == -Errno.ENOENT
                                ? "no " + DEVICE + ", which a kernel with CONFIG_UDMABUF has ('modprobe udmabuf'); "
                                        + others()
                                : DEVICE + ": " + Errno.describe(-device));
            }
            int flags = FileCalls.MFD_CLOEXEC | FileCalls.MFD_ALLOW_SEALING;
            int memfd = Errno.check(lane.files().memfd("sluice-bench", flags), "memfd_create");
            long size = most(lane.file());
            Errno.check(lane.files().truncate(memfd, size), "ftruncate");
            int writable = FileCalls.PROT_READ | FileCalls.PROT_WRITE;
            long address = Errno.check(lane.files().map(memfd, 0, size, writable, FileCalls.MAP_SHARED), "mmap");
            load(lane, lane.files().view(address, size));
            lane.files().unmap(address, size);
            Errno.check(lane.files().addSeals(memfd, FileCalls.F_SEAL_SHRINK), "fcntl(F_ADD_SEALS)");
            int buffer = lane.files().udmabuf(device, memfd, 0, size);
            lane.kernel().close(device);
            if (buffer < 0) {
                lane.kernel().close(memfd);
                throw new Unavailable(DEVICE + " makes no DMA-BUF: " + Errno.describe(-buffer));
            }
            return new DmaBuf(lane, memfd, buffer);
        }

        /** What else makes DMA-BUFs, to tell a person; to use it takes a driver to speak to. */
        private static String others() {
            List<String> found = Stream.of("/dev/dma_heap", "/dev/dri")
                    .filter(path -> Files.exists(Path.of(path)))
                    .toList();
            return found.isEmpty()
                    ? "nor is there /dev/dma_heap, or a device in /dev/dri"
                    : "there is " + String.join(" and ", found) + ", which this tool does not use";
        }

        @Override
        public void send(Line line, Tally tally) {
            long size = most(lane.file());
            long address =
                    tally.call(lane.files().map(buffer, 0, size, FileCalls.PROT_READ, FileCalls.MAP_SHARED), "mmap");
            MemorySegment mapping = lane.files().view(address, size);
            for (long done = 0; done < size; done += lane.chunk()) {
                lane.write(tally, line.socket(), mapping, done, Math.min(lane.chunk(), size - done));
            }
            lane.unmap(tally, mapping);
        }

        @Override
        public long length(SourceFile file) {
            return most(file);
        }

        private static long most(SourceFile file) {
            return Math.min(file.size(), MOST);
        }

        @Override
        public void close() {
            lane.kernel().close(buffer);
            lane.kernel().close(memfd);
        }
    }

    /** Reads the start of the file into memory. */
    private static void load(Lane lane, MemorySegment memory) {
        Tally ignored = new Tally();
        int in = lane.open(ignored, 0);
        try {
            for (long done = 0; done < memory.byteSize(); ) {
                long count = Math.min(Content.BLOCK, memory.byteSize() - done);
                done += Errno.check(lane.kernel().read(in, memory, done, count), "read");
            }
        } finally {
            lane.close(ignored, in);
        }
    }
}
