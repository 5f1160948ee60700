package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The real {@link Kernel}, of the thread that opened it: any other gets a {@link WrongThreadException}, and after
 * {@link #close()} a call throws {@link IllegalStateException}. Once compiled, no call allocates on the heap.
 *
 * <p>Buffers must be native memory that outlives the call: what {@link #allocate} gave.
 */
public final class LinuxKernel implements Kernel {
    private static final int CLOEXEC = 0x80000; // O_CLOEXEC, EPOLL_CLOEXEC, EFD_CLOEXEC
    private static final int NONBLOCK = 0x800; // O_NONBLOCK, EFD_NONBLOCK
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;
    private static final int FIONREAD = 0x541b;
    private static final int SIOCOUTQ = 0x5411;
    private static final int RLIMIT_NOFILE = 7;
    private static final int SC_PAGESIZE = 30;
    private static final int PAGE = 4096; // the smallest there is
    private static final int CPUS = 1024; // bits of a cpu_set_t

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(Libc.stateLayout());
    private final MemorySegment scratch = arena.allocate(CPUS / Byte.SIZE, Long.BYTES); // for the length of one call
    private final EpollEvents event = new EpollEvents(this, 1);

    private LinuxKernel() {}

    /**
     * A kernel for the calling thread.
     *
     * @throws UnsupportedPlatformException when this process cannot make Linux system calls; the message says why in a line
     */
    public static LinuxKernel open() {
        Platform.check();
        return new LinuxKernel();
    }

    @Override
    public MemorySegment allocate(long bytes) {
        // The kernel copies faster from and to a buffer that begins with a page: bulk copying took 4% less CPU.
        return arena.allocate(bytes, bytes >= PAGE ? PAGE : Long.BYTES);
    }

    @Override
    public int epollCreate() {
        return Libc.epollCreate1(state, CLOEXEC);
    }

    @Override
    public int epollCtl(int epoll, int op, int fd, int events, long data) {
        event.set(0, events, data);
        return Libc.epollCtl(state, epoll, op, fd, event.address());
    }

    @Override
    public int epollWait(int epoll, EpollEvents into, int timeoutMillis) {
        return Libc.epollWait(state, epoll, into.address(), into.capacity(), timeoutMillis);
    }

    @Override
    public int eventfd() {
        return Libc.eventfd(state, 0, NONBLOCK | CLOEXEC);
    }

    @Override
    public long pipe() {
        int result = Libc.pipe2(state, scratch.address(), NONBLOCK | CLOEXEC);
        if (result < 0) {
            return result;
        }
        return ((long) scratch.get(JAVA_INT, 0) << 32) | scratch.get(JAVA_INT, Integer.BYTES);
    }

    @Override
    public int setPipeSize(int fd, int bytes) {
        return Libc.fcntl(state, fd, F_SETPIPE_SZ, bytes);
    }

    @Override
    public int getPipeSize(int fd) {
        return Libc.fcntl(state, fd, F_GETPIPE_SZ, 0);
    }

    @Override
    public long splice(int from, int to, long length, int flags) {
        return Libc.splice(state, from, 0, to, 0, length, flags);
    }

    @Override
    public long read(int fd, MemorySegment buffer, long offset, long length) {
        return Libc.read(state, fd, address(buffer, offset, length), length);
    }

    @Override
    public long write(int fd, MemorySegment buffer, long offset, long length) {
        return Libc.write(state, fd, address(buffer, offset, length), length);
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return Libc.socket(state, domain, type, protocol);
    }

    @Override
    public int bind(int fd, SockaddrBuffer address) {
        return Libc.bind(state, fd, address.address(), address.length());
    }

    @Override
    public int listen(int fd, int backlog) {
        return Libc.listen(state, fd, backlog);
    }

    @Override
    public int accept4(int fd, SockaddrBuffer peer, int flags) {
        peer.prepare();
        return Libc.accept4(state, fd, peer.address(), peer.lengthAddress(), flags);
    }

    @Override
    public int connect(int fd, SockaddrBuffer address) {
        return Libc.connect(state, fd, address.address(), address.length());
    }

    @Override
    public int getsockopt(int fd, int level, int option) {
        scratch.set(JAVA_INT, 0, 0);
        scratch.set(JAVA_INT, Integer.BYTES, Integer.BYTES);
        int result = Libc.getsockopt(state, fd, level, option, scratch.address(), scratch.address() + Integer.BYTES);
        return result < 0 ? result : scratch.get(JAVA_INT, 0);
    }

    @Override
    public int setsockopt(int fd, int level, int option, int value) {
        scratch.set(JAVA_INT, 0, value);
        return Libc.setsockopt(state, fd, level, option, scratch.address(), Integer.BYTES);
    }

    @Override
    public int setLinger(int fd, int seconds) {
        scratch.set(JAVA_INT, 0, 1); // struct linger { int l_onoff; int l_linger; }
        scratch.set(JAVA_INT, Integer.BYTES, seconds);
        return Libc.setsockopt(state, fd, Sockets.SOL_SOCKET, Sockets.SO_LINGER, scratch.address(), 2 * Integer.BYTES);
    }

    @Override
    public int setCloseOnExec(int fd) {
        return Libc.fcntl(state, fd, F_SETFD, FD_CLOEXEC);
    }

    @Override
    public int setNonBlocking(int fd) {
        int flags = Libc.fcntl(state, fd, F_GETFL, 0);
        return flags < 0 ? flags : Libc.fcntl(state, fd, F_SETFL, flags | NONBLOCK);
    }

    @Override
    public int getsockname(int fd, SockaddrBuffer into) {
        into.prepare();
        return Libc.getsockname(state, fd, into.address(), into.lengthAddress());
    }

    @Override
    public int getpeername(int fd, SockaddrBuffer into) {
        into.prepare();
        return Libc.getpeername(state, fd, into.address(), into.lengthAddress());
    }

    @Override
    public int shutdown(int fd, int how) {
        return Libc.shutdown(state, fd, how);
    }

    @Override
    public long recv(int fd, MemorySegment buffer, long offset, long length, int flags) {
        return Libc.recv(state, fd, address(buffer, offset, length), length, flags);
    }

    @Override
    public long send(int fd, MemorySegment buffer, long offset, long length, int flags) {
        return Libc.send(state, fd, address(buffer, offset, length), length, flags);
    }

    @Override
    public int bytesReadable(int fd) {
        return queued(fd, FIONREAD);
    }

    @Override
    public int bytesUnsent(int fd) {
        return queued(fd, SIOCOUTQ);
    }

    private int queued(int fd, int request) {
        int result = Libc.ioctl(state, fd, request, scratch.address());
        return result < 0 ? result : scratch.get(JAVA_INT, 0);
    }

    @Override
    public long tcpInfo(int fd) {
        scratch.set(JAVA_INT, TcpInfo.BYTES, TcpInfo.BYTES);
        long length = scratch.address() + TcpInfo.BYTES;
        int result = Libc.getsockopt(state, fd, Sockets.IPPROTO_TCP, Sockets.TCP_INFO, scratch.address(), length);
        if (result < 0) {
            return result;
        }
        return scratch.get(JAVA_INT, TcpInfo.BYTES) < TcpInfo.BYTES ? -Errno.ENOPROTOOPT : TcpInfo.of(scratch);
    }

    @Override
    public int close(int fd) {
        return Libc.close(state, fd);
    }

    @Override
    public long getFileLimit(boolean hard) {
        int result = Libc.getrlimit(state, RLIMIT_NOFILE, scratch.address());
        if (result < 0) {
            return result;
        }
        long limit = scratch.get(JAVA_LONG, hard ? Long.BYTES : 0); // struct rlimit { u64 rlim_cur; u64 rlim_max; }
        return limit < 0 ? Long.MAX_VALUE : limit; // RLIM_INFINITY is all ones
    }

    @Override
    public int setFileLimit(long soft) {
        int result = Libc.getrlimit(state, RLIMIT_NOFILE, scratch.address());
        if (result < 0) {
            return result;
        }
        scratch.set(JAVA_LONG, 0, soft == Long.MAX_VALUE ? -1 : soft);
        return Libc.setrlimit(state, RLIMIT_NOFILE, scratch.address());
    }

    @Override
    public int setAffinity(int cpu) {
        if (cpu < 0 || cpu >= CPUS) {
            return -Errno.EINVAL;
        }
        scratch.fill((byte) 0);
        scratch.set(JAVA_BYTE, cpu / Byte.SIZE, (byte) (1 << (cpu % Byte.SIZE)));
        return Libc.schedSetaffinity(state, 0, scratch.byteSize(), scratch.address());
    }

    @Override
    public int pageSize() {
        return (int) Libc.sysconf(state, SC_PAGESIZE);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    /** The only guard between a wrong offset and the memory of the process. */
    private static long address(MemorySegment buffer, long offset, long length) {
        if (!buffer.isNative()) {
            throw new IllegalArgumentException("a buffer on the heap");
        }
        return buffer.address() + Objects.checkFromIndexSize(offset, length, buffer.byteSize());
    }
}
