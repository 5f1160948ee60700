package dev.sluice.proxy.loop;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * No machine at all: descriptors are numbers, as many as one likes, and a socket receives something when it is told to. So whatever time
 * and memory it takes is the proxy's own.
 */
final class NoKernel implements Kernel {
    static final int EVENTS = 256;
    private static final int MESSAGE = 128;
    private static final int PAGE = 4096;

    private final Arena arena = Arena.ofConfined();
    /** What epoll would give back, for each descriptor; not on the heap, since that is measured. */
    private final MemorySegment watches;

    private final int[] received = new int[EVENTS];
    private int count;
    private int opened;
    private int pipeSize = PAGE;

    /**
     * @param descriptors that are opened in all
     */
    NoKernel(int descriptors) {
        watches = arena.allocate((long) descriptors * Long.BYTES, Long.BYTES);
    }

    /** Another descriptor. */
    int open() {
        return opened++;
    }

    /** A message has come, of which the next wait tells: {@link #EVENTS} at most. */
    void receive(int fd) {
        received[count++] = fd;
    }

    @Override
    public int epollCtl(int epoll, int op, int fd, int events, long data) {
        watches.setAtIndex(ValueLayout.JAVA_LONG, fd, data);
        return 0;
    }

    /** It never sleeps. */
    @Override
    public int epollWait(int epoll, EpollEvents into, int timeoutMillis) {
        int told = count;
        for (int i = 0; i < told; i++) {
            into.set(i, Epoll.IN | Epoll.OUT, watches.getAtIndex(ValueLayout.JAVA_LONG, received[i]));
        }
        count = 0;
        return told;
    }

    @Override
    public long recv(int fd, MemorySegment buffer, long offset, long length, int flags) {
        return MESSAGE;
    }

    @Override
    public long send(int fd, MemorySegment buffer, long offset, long length, int flags) {
        return length;
    }

    @Override
    public long splice(int from, int to, long length, int flags) {
        return Math.min(length, MESSAGE);
    }

    @Override
    public MemorySegment allocate(long bytes) {
        return arena.allocate(bytes, Long.BYTES);
    }

    @Override
    public int epollCreate() {
        return open();
    }

    @Override
    public int eventfd() {
        return open();
    }

    @Override
    public long pipe() {
        return ((long) open() << Integer.SIZE) | open();
    }

    @Override
    public int setPipeSize(int fd, int bytes) {
        pipeSize = bytes;
        return bytes;
    }

    @Override
    public int getPipeSize(int fd) {
        return pipeSize;
    }

    @Override
    public int pageSize() {
        return PAGE;
    }

    @Override
    public long read(int fd, MemorySegment buffer, long offset, long length) {
        return length;
    }

    @Override
    public long write(int fd, MemorySegment buffer, long offset, long length) {
        return length;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return open();
    }

    @Override
    public int bind(int fd, SockaddrBuffer address) {
        return 0;
    }

    @Override
    public int listen(int fd, int backlog) {
        return 0;
    }

    @Override
    public int accept4(int fd, SockaddrBuffer peer, int flags) {
        return open();
    }

    @Override
    public int connect(int fd, SockaddrBuffer address) {
        return 0;
    }

    @Override
    public int getsockopt(int fd, int level, int option) {
        return 0;
    }

    @Override
    public int setsockopt(int fd, int level, int option, int value) {
        return 0;
    }

    @Override
    public int setLinger(int fd, int seconds) {
        return 0;
    }

    @Override
    public int setNonBlocking(int fd) {
        return 0;
    }

    @Override
    public int setCloseOnExec(int fd) {
        return 0;
    }

    @Override
    public int getsockname(int fd, SockaddrBuffer into) {
        return 0;
    }

    @Override
    public int getpeername(int fd, SockaddrBuffer into) {
        return 0;
    }

    @Override
    public int shutdown(int fd, int how) {
        return 0;
    }

    @Override
    public int bytesReadable(int fd) {
        return 0;
    }

    @Override
    public int bytesUnsent(int fd) {
        return 0;
    }

    @Override
    public long tcpInfo(int fd) {
        return 0;
    }

    @Override
    public int close(int fd) {
        return 0;
    }

    @Override
    public long getFileLimit(boolean hard) {
        return Long.MAX_VALUE;
    }

    @Override
    public int setFileLimit(long soft) {
        return 0;
    }

    @Override
    public int setAffinity(int cpu) {
        return 0;
    }

    @Override
    public void close() {
        arena.close();
    }
}
