package dev.sluice.linux;

import java.lang.foreign.MemorySegment;

/**
 * The Linux system calls that Sluice makes, one method per C function.
 *
 * <p>Every call answers as the kernel does: a value ≥ 0, or the negated errno ({@link Errno}). No call throws for what the
 * kernel refuses; {@link Errno#check} turns a refusal into an exception where the caller is on a cold path. None of the calls
 * restarts after EINTR.
 *
 * <p>A kernel belongs to the thread that opened it: its memory is confined to that thread, and so is its errno. It is an
 * interface so that a test can put a script between the proxy and the machine.
 */
public interface Kernel extends AutoCloseable {

    // Memory

    /**
     * Off-heap memory, zeroed, eight-byte aligned, that lives until {@link #close()}.
     *
     * @param bytes size, ≥ 1
     */
    MemorySegment allocate(long bytes);

    // epoll(7)

    /** epoll_create1(2) with EPOLL_CLOEXEC. EMFILE, ENFILE, ENOMEM. */
    int epollCreate();

    /**
     * epoll_ctl(2).
     *
     * @param op {@link Epoll#ADD}, {@link Epoll#MOD} or {@link Epoll#DEL}
     * @param events mask of {@link Epoll} event bits; ignored by DEL
     * @param data returned with every event of the descriptor; ignored by DEL
     * @return 0; EEXIST, ENOENT, ENOMEM, ENOSPC (max_user_watches), EPERM (a regular file)
     */
    int epollCtl(int epoll, int op, int fd, int events, long data);

    /**
     * epoll_wait(2).
     *
     * @param timeoutMillis 0 returns at once, −1 waits for ever
     * @return number of events now in {@code into}; EINTR
     */
    int epollWait(int epoll, EpollEvents into, int timeoutMillis);

    /** eventfd(2) with EFD_NONBLOCK and EFD_CLOEXEC, counter 0. */
    int eventfd();

    // pipes and splice(2)

    /**
     * pipe2(2) with O_NONBLOCK and O_CLOEXEC.
     *
     * @return read end in the high and write end in the low 32 bits ({@link Pipes#readEnd}, {@link Pipes#writeEnd}); EMFILE, ENFILE
     */
    long pipe();

    /**
     * fcntl(2) F_SETPIPE_SZ. The kernel rounds up to a power of two pages and may give an unprivileged user less than a
     * former call did: read it back with {@link #getPipeSize}.
     *
     * @param bytes 1 … pipe-max-size for the unprivileged
     * @return the size set, bytes; EPERM over a limit of pipe(7), EBUSY when more than that is in the pipe
     */
    int setPipeSize(int fd, int bytes);

    /** fcntl(2) F_GETPIPE_SZ: bytes. */
    int getPipeSize(int fd);

    /**
     * splice(2) without offsets. SPLICE_F_NONBLOCK covers the pipe only: a socket must be O_NONBLOCK itself.
     *
     * @param length at most 2³¹−4096 bytes
     * @param flags mask of {@link Pipes} SPLICE bits
     * @return bytes moved, 0 at end of input; EAGAIN, EINTR, ENOMEM, ECONNRESET, EPIPE, EINVAL
     */
    long splice(int from, int to, long length, int flags);

    /** read(2). Bytes are put at {@code offset} of the buffer. */
    long read(int fd, MemorySegment buffer, long offset, long length);

    /** write(2). */
    long write(int fd, MemorySegment buffer, long offset, long length);

    // sockets

    /** socket(2). {@link Sockets#SOCK_NONBLOCK} and {@link Sockets#SOCK_CLOEXEC} may be or-ed into the type. EMFILE, ENFILE, ENOBUFS, EAFNOSUPPORT. */
    int socket(int domain, int type, int protocol);

    /** bind(2). EADDRINUSE, EADDRNOTAVAIL, EACCES (port below ip_unprivileged_port_start). */
    int bind(int fd, SockaddrBuffer address);

    /** listen(2). The kernel caps the backlog at net.core.somaxconn. EADDRINUSE. */
    int listen(int fd, int backlog);

    /**
     * accept4(2).
     *
     * @param peer receives the address of the other side
     * @param flags {@link Sockets#SOCK_NONBLOCK}, {@link Sockets#SOCK_CLOEXEC}
     * @return the descriptor; EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM, EINTR
     */
    int accept4(int fd, SockaddrBuffer peer, int flags);

    /** connect(2). EINPROGRESS is the usual answer of a non-blocking TCP socket; EAGAIN that of a unix socket whose backlog is full. */
    int connect(int fd, SockaddrBuffer address);

    /** getsockopt(2) of an int option: its value (none of those used is negative). */
    int getsockopt(int fd, int level, int option);

    /** setsockopt(2) of an int option. */
    int setsockopt(int fd, int level, int option, int value);

    /** setsockopt(2) SO_LINGER: with {@code seconds} 0 the next close sends a reset and drops what was not sent (socket(7)). */
    int setLinger(int fd, int seconds);

    /** fcntl(2) F_SETFL: O_NONBLOCK, for every process that shares the open file. EBADF. */
    int setNonBlocking(int fd);

    /** fcntl(2) F_SETFD: FD_CLOEXEC. EBADF. */
    int setCloseOnExec(int fd);

    /** getsockname(2). */
    int getsockname(int fd, SockaddrBuffer into);

    /** getpeername(2). ENOTCONN. */
    int getpeername(int fd, SockaddrBuffer into);

    /**
     * shutdown(2). ENOTCONN when the other side has reset.
     *
     * @param how {@link Sockets#SHUT_RD}, {@link Sockets#SHUT_WR}, {@link Sockets#SHUT_RDWR}
     */
    int shutdown(int fd, int how);

    /**
     * recv(2).
     *
     * @return bytes, 0 at end of stream; EAGAIN, EINTR, ECONNRESET, ETIMEDOUT …
     */
    long recv(int fd, MemorySegment buffer, long offset, long length, int flags);

    /**
     * send(2). Pass {@link Sockets#MSG_NOSIGNAL}.
     *
     * @return bytes; EAGAIN, EINTR, EPIPE, ECONNRESET …
     */
    long send(int fd, MemorySegment buffer, long offset, long length, int flags);

    /** ioctl(2) FIONREAD: bytes waiting to be read (tcp(7) SIOCINQ, pipe(7)). */
    int bytesReadable(int fd);

    /** ioctl(2) SIOCOUTQ: bytes not yet acknowledged by a TCP peer, or not yet read by a unix one (tcp(7), unix(7)). */
    int bytesUnsent(int fd);

    /**
     * getsockopt(2) TCP_INFO: what the kernel has measured of a connection, which may have ended since.
     *
     * @return {@link TcpInfo#rttMicros} and {@link TcpInfo#retransmits} in one; EOPNOTSUPP for a unix socket, ENOPROTOOPT from a
     *     kernel that does not tell them
     */
    long tcpInfo(int fd);

    /** close(2). The descriptor is gone whatever the answer, EINTR included: never call again. */
    int close(int fd);

    /**
     * Closes so that the other side sees a reset, and drops what was not sent: SO_LINGER of 0 seconds, then close(2). A unix
     * socket has no reset, and is just closed.
     */
    default void closeWithReset(int fd) {
        try {
            setLinger(fd, 0);
        } finally {
            close(fd);
        }
    }

    // the process

    /**
     * getrlimit(2) of RLIMIT_NOFILE.
     *
     * @param hard the hard limit instead of the soft one
     * @return the limit, {@link Long#MAX_VALUE} for RLIM_INFINITY
     */
    long getFileLimit(boolean hard);

    /** setrlimit(2) of RLIMIT_NOFILE: the soft limit; the hard one stays. EINVAL above the hard limit. */
    int setFileLimit(long soft);

    /**
     * sched_setaffinity(2) of the calling thread to one CPU.
     *
     * @param cpu 0 … 1023; EINVAL when it is not online or not allowed
     */
    int setAffinity(int cpu);

    /** sysconf(3) _SC_PAGESIZE: bytes of a page of memory, and so of a pipe's slot. */
    int pageSize();

    /** Frees the memory. Descriptors stay open: they belong to who opened them. */
    @Override
    void close();
}
