package dev.sluice.linux;

import java.lang.foreign.MemorySegment;

/**
 * System calls that move the bytes of files and of mapped memory, and tell what that cost: what a measurement of zero-copy
 * techniques needs, and a relay does not. As with {@link Kernel}: ≥ 0 or −errno, never restarted after EINTR, and the property of
 * the thread that opened it.
 */
public interface FileCalls extends AutoCloseable {
    int O_RDONLY = 0;
    int O_RDWR = 2;
    int O_CREAT = 0x40;
    int O_EXCL = 0x80;
    int O_CLOEXEC = 0x80000;

    int PROT_READ = 1;
    int PROT_WRITE = 2;
    int MAP_SHARED = 1;
    int MAP_PRIVATE = 2;
    int MAP_ANONYMOUS = 0x20;

    /** vmsplice(2): the caller will not touch the pages again. */
    int SPLICE_F_GIFT = 8;

    int POLLIN = 1;
    int POLLOUT = 4;
    /** Reported whether asked for or not. */
    int POLLERR = 8;

    int MFD_CLOEXEC = 1;
    int MFD_ALLOW_SEALING = 2;
    int F_SEAL_SHRINK = 2;

    /** O_DIRECT of open(2), which x86-64 and aarch64 number differently. */
    int directFlag();

    /**
     * open(2).
     *
     * @param mode permissions of a file that O_CREAT makes, else ignored
     * @return the descriptor; ENOENT, EACCES, EEXIST, EROFS, ENOSPC, EINVAL (O_DIRECT where the file system has none) …
     */
    int open(String path, int flags, int mode);

    /** ftruncate(2): a longer file is filled up with a hole. EINVAL, EFBIG, EPERM (sealed). */
    int truncate(int fd, long length);

    /** fsync(2): returns when the file is on the disk. EIO, ENOSPC. */
    int sync(int fd);

    /**
     * mmap(2) at an address of the kernel's choice.
     *
     * @param fd −1 with {@link #MAP_ANONYMOUS}
     * @param offset a multiple of the page size
     * @return the address, to be looked at through {@link #view} and given back with {@link #unmap}; EACCES, ENODEV, ENOMEM, EINVAL
     */
    long map(int fd, long offset, long length, int protection, int flags);

    /** munmap(2). Whoever looks at a view of it afterwards takes the process down. */
    int unmap(long address, long length);

    /** Mapped memory as a segment. Nothing guards it once it is unmapped. */
    MemorySegment view(long address, long length);

    /**
     * sendfile(2) from the file's position, which moves on.
     *
     * @param from a file that can be mapped; a socket or pipe is EINVAL
     * @return bytes; 0 at the end of the file; EAGAIN, EPIPE, ECONNRESET …
     */
    long sendfile(int to, int from, long count);

    /**
     * vmsplice(2) of one stretch of memory: the pipe then refers to its pages, and a later change of them may be seen downstream.
     *
     * @param pipe the write end
     * @param flags {@link Pipes#SPLICE_F_NONBLOCK}, {@link #SPLICE_F_GIFT}
     * @return bytes, which a full pipe makes fewer than asked; EAGAIN, EBADF, EINVAL
     */
    long vmsplice(int pipe, MemorySegment buffer, long offset, long length, int flags);

    /**
     * recvmsg(2) with MSG_ERRQUEUE, which never waits: one notice of how sends with {@link ZeroCopy#MSG_ZEROCOPY} ended.
     *
     * @return for {@link ZeroCopy#completed} and {@link ZeroCopy#copied}; EAGAIN when there is none; EPROTO when it is an error of
     *     another kind
     */
    long zeroCopyNotice(int socket);

    /**
     * poll(2) of one descriptor.
     *
     * @param events {@link #POLLIN}, {@link #POLLOUT}, or 0 for errors alone
     * @param timeoutMillis −1 waits for ever
     * @return what is ready, 0 when the time is over; EINTR
     */
    int poll(int fd, int events, int timeoutMillis);

    /**
     * memfd_create(2): a file that is memory.
     *
     * @param name for people, up to 249 bytes
     * @param flags {@link #MFD_CLOEXEC}, {@link #MFD_ALLOW_SEALING}
     */
    int memfd(String name, int flags);

    /** fcntl(2) F_ADD_SEALS. EPERM, EBUSY (mapped writable), EINVAL (no memfd). */
    int addSeals(int fd, int seals);

    /**
     * ioctl(2) UDMABUF_CREATE: a DMA-BUF of the pages of a memfd, which must be sealed with {@link #F_SEAL_SHRINK}.
     *
     * @param device /dev/udmabuf, open
     * @param offset and {@code size}: multiples of the page size
     * @return the descriptor of the DMA-BUF; EINVAL, ENOTTY (no such device), ENOMEM
     */
    int udmabuf(int device, int memfd, long offset, long size);

    /** getrusage(2) of the calling thread, since it began. */
    ResourceUsage threadUsage();

    /** Frees the memory of the calls. Descriptors and mappings stay. */
    @Override
    void close();
}
