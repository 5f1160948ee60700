package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** The real {@link FileCalls}, of the thread that opened it. */
public final class LinuxFileCalls implements FileCalls {
    private static final int O_DIRECT_X86 = 0x4000;
    private static final int O_DIRECT_ARM = 0x10000;
    private static final int F_ADD_SEALS = 1033;
    private static final long UDMABUF_CREATE = 0x40187542L; // _IOW('u', 0x42, struct udmabuf_create)
    private static final int UDMABUF_FLAGS_CLOEXEC = 1;
    private static final int RUSAGE_THREAD = 1;

    private static final int MSG_ERRQUEUE = 0x2000;
    private static final int SOL_IP = 0;
    private static final int IP_RECVERR = 11;
    private static final int SOL_IPV6 = 41;
    private static final int IPV6_RECVERR = 25;
    private static final int SO_EE_ORIGIN_ZEROCOPY = 5;
    private static final int SO_EE_CODE_ZEROCOPY_COPIED = 1;

    // struct msghdr, and a cmsghdr with a struct sock_extended_err in it; all of 64-bit Linux
    private static final int MSGHDR = 56;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROL_LENGTH = 40;
    private static final int CONTROL = 128;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int EE_ORIGIN = CMSG_DATA + 4;
    private static final int EE_CODE = CMSG_DATA + 6;
    private static final int EE_INFO = CMSG_DATA + 8;
    private static final int EE_DATA = CMSG_DATA + 12;
    private static final int EE_END = CMSG_DATA + 16;

    // struct rusage: two struct timeval, then longs
    private static final int RUSAGE = 144;
    private static final int RU_STIME = 16;
    private static final int RU_MINFLT = 64;
    private static final int RU_MAJFLT = 72;
    private static final int RU_INBLOCK = 88;
    private static final int RU_NVCSW = 128;
    private static final int RU_NIVCSW = 136;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(Libc.stateLayout());
    private final MemorySegment scratch = arena.allocate(RUSAGE, Long.BYTES); // for the length of one call
    private final MemorySegment message = arena.allocate(MSGHDR, Long.BYTES);
    private final MemorySegment control = arena.allocate(CONTROL, Long.BYTES);

    private LinuxFileCalls() {}

    /**
     * The calls, for the calling thread.
     *
     * @throws UnsupportedPlatformException when this process cannot make Linux system calls; the message says why in a line
     */
    public static LinuxFileCalls open() {
        Platform.check();
        return new LinuxFileCalls();
    }

    @Override
    public int directFlag() {
        return System.getProperty("os.arch", "").equals("aarch64") ? O_DIRECT_ARM : O_DIRECT_X86;
    }

    @Override
    public int open(String path, int flags, int mode) {
        try (Arena text = Arena.ofConfined()) {
            return FileLibc.open(state, text.allocateFrom(path).address(), flags, mode);
        }
    }

    @Override
    public int truncate(int fd, long length) {
        return FileLibc.ftruncate(state, fd, length);
    }

    @Override
    public int sync(int fd) {
        return FileLibc.fsync(state, fd);
    }

    @Override
    public long map(int fd, long offset, long length, int protection, int flags) {
        return FileLibc.mmap(state, length, protection, flags, fd, offset);
    }

    @Override
    public int unmap(long address, long length) {
        return FileLibc.munmap(state, address, length);
    }

    @Override
    @SuppressWarnings("restricted") // an address that mmap gave
    public MemorySegment view(long address, long length) {
        return MemorySegment.ofAddress(address).reinterpret(length);
    }

    @Override
    public long sendfile(int to, int from, long count) {
        return FileLibc.sendfile(state, to, from, 0, count);
    }

    @Override
    public long vmsplice(int pipe, MemorySegment buffer, long offset, long length, int flags) {
        Objects.checkFromIndexSize(offset, length, buffer.byteSize());
        scratch.set(JAVA_LONG, 0, buffer.address() + offset); // struct iovec { void *base; size_t length; }
        scratch.set(JAVA_LONG, Long.BYTES, length);
        return FileLibc.vmsplice(state, pipe, scratch.address(), 1, flags);
    }

    @Override
    public long zeroCopyNotice(int socket) {
        message.fill((byte) 0);
        message.set(JAVA_LONG, MSG_CONTROL, control.address());
        message.set(JAVA_LONG, MSG_CONTROL_LENGTH, CONTROL);
        long result = UnixLibc.recvmsg(state, socket, message.address(), MSG_ERRQUEUE);
        if (result < 0) {
            return result;
        }
        int level = control.get(JAVA_INT, CMSG_LEVEL);
        int type = control.get(JAVA_INT, CMSG_TYPE);
        boolean error = (level == SOL_IP && type == IP_RECVERR) || (level == SOL_IPV6 && type == IPV6_RECVERR);
        if (!error
                || message.get(JAVA_LONG, MSG_CONTROL_LENGTH) < EE_END
                || control.get(JAVA_BYTE, EE_ORIGIN) != SO_EE_ORIGIN_ZEROCOPY) {
            return -Errno.EPROTO;
        }
        // Sends are numbered from 0 by an unsigned int that wraps; a notice is about all from the first to the last.
        int sends = control.get(JAVA_INT, EE_DATA) - control.get(JAVA_INT, EE_INFO) + 1;
        return ZeroCopy.notice(
                Integer.toUnsignedLong(sends), control.get(JAVA_BYTE, EE_CODE) == SO_EE_CODE_ZEROCOPY_COPIED);
    }

    @Override
    public int poll(int fd, int events, int timeoutMillis) {
        scratch.set(JAVA_INT, 0, fd); // struct pollfd { int fd; short events; short revents; }
        scratch.set(JAVA_INT, Integer.BYTES, events & 0xffff);
        int result = FileLibc.poll(state, scratch.address(), 1, timeoutMillis);
        return result <= 0 ? result : scratch.get(JAVA_SHORT, Integer.BYTES + Short.BYTES);
    }

    @Override
    public int memfd(String name, int flags) {
        try (Arena text = Arena.ofConfined()) {
            return FileLibc.memfdCreate(state, text.allocateFrom(name).address(), flags);
        }
    }

    @Override
    public int addSeals(int fd, int seals) {
        return Libc.fcntl(state, fd, F_ADD_SEALS, seals);
    }

    @Override
    public int udmabuf(int device, int memfd, long offset, long size) {
        scratch.set(JAVA_INT, 0, memfd); // struct udmabuf_create { u32 memfd; u32 flags; u64 offset; u64 size; }
        scratch.set(JAVA_INT, 4, UDMABUF_FLAGS_CLOEXEC);
        scratch.set(JAVA_LONG, 8, offset);
        scratch.set(JAVA_LONG, 16, size);
        return Libc.ioctl(state, device, UDMABUF_CREATE, scratch.address());
    }

    @Override
    public ResourceUsage threadUsage() {
        Errno.check(FileLibc.getrusage(state, RUSAGE_THREAD, scratch.address()), "getrusage");
        return new ResourceUsage(
                micros(0),
                micros(RU_STIME),
                scratch.get(JAVA_LONG, RU_MINFLT),
                scratch.get(JAVA_LONG, RU_MAJFLT),
                scratch.get(JAVA_LONG, RU_INBLOCK),
                scratch.get(JAVA_LONG, RU_NVCSW),
                scratch.get(JAVA_LONG, RU_NIVCSW));
    }

    private long micros(int timeval) {
        return scratch.get(JAVA_LONG, timeval) * 1_000_000 + scratch.get(JAVA_LONG, timeval + Long.BYTES);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
