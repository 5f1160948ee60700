package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * What unix sockets can do besides moving bytes (unix(7)): hand descriptors to another process, and tell who is at the other end. As with
 * {@link Kernel}: ≥ 0 or −errno, never restarted after EINTR, and the property of the thread that opened it.
 *
 * <pre>
 * struct msghdr  { void *name; u32 namelen; struct iovec *iov; u64 iovlen; void *control; u64 controllen; s32 flags; };
 * struct iovec   { void *base; u64 length; };
 * struct cmsghdr { u64 len; s32 level; s32 type; };   // cmsg(3); the data behind it, each message padded to eight bytes
 * struct ucred   { s32 pid; u32 uid; u32 gid; };
 * </pre>
 */
public final class UnixCalls implements AutoCloseable {
    /** Most descriptors that one message can carry: the kernel's SCM_MAX_FD. */
    public static final int MAX_DESCRIPTORS = 253;

    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SCM_RIGHTS = 1;
    private static final int SO_PEERCRED = 17;

    private static final int MSGHDR = 56;
    private static final int MSG_IOV = 16;
    private static final int MSG_IOV_LENGTH = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROL_LENGTH = 40;
    private static final int MSG_FLAGS = 48;

    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int CONTROL = CMSG_DATA + align(MAX_DESCRIPTORS * Integer.BYTES);

    private static final int UCRED = 12;
    private static final int UCRED_USER = 4;
    private static final int SCRATCH = 16; // an iovec; or a ucred with its socklen_t; or three user ids

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(Libc.stateLayout());
    private final MemorySegment message = arena.allocate(MSGHDR, Long.BYTES);
    private final MemorySegment control = arena.allocate(CONTROL, Long.BYTES);
    private final MemorySegment scratch = arena.allocate(SCRATCH, Long.BYTES);

    private UnixCalls() {}

    /**
     * The calls, for the calling thread.
     *
     * @throws UnsupportedPlatformException when this process cannot make Linux system calls; the message says why in a line
     */
    public static UnixCalls open() {
        Platform.check();
        return new UnixCalls();
    }

    /**
     * sendmsg(2) with descriptors (SCM_RIGHTS), which arrive with the first of the bytes. They stay open here.
     *
     * @param length ≥ 1 if there are descriptors: without a byte they would be lost
     * @param descriptors at most {@link #MAX_DESCRIPTORS}, may be none
     * @param flags {@link Sockets#MSG_NOSIGNAL}, {@link Sockets#MSG_DONTWAIT}
     * @return bytes, which may be fewer than asked; EAGAIN, EINTR, EPIPE, ECONNRESET, EBADF (one is not open), EINVAL (too many),
     *     ETOOMANYREFS (too many under way, unix(7))
     */
    public long send(int socket, MemorySegment buffer, long offset, long length, List<Integer> descriptors, int flags) {
        if (descriptors.size() > MAX_DESCRIPTORS) {
            return -Errno.EINVAL;
        }
        int data = descriptors.size() * Integer.BYTES;
        prepare(buffer, offset, length, data == 0 ? 0 : CMSG_DATA + align(data));
        if (data > 0) {
            control.fill((byte) 0);
            control.set(JAVA_LONG, 0, CMSG_DATA + data);
            control.set(JAVA_INT, CMSG_LEVEL, Sockets.SOL_SOCKET);
            control.set(JAVA_INT, CMSG_TYPE, SCM_RIGHTS);
            for (int i = 0; i < descriptors.size(); i++) {
                control.set(JAVA_INT, CMSG_DATA + (long) i * Integer.BYTES, descriptors.get(i));
            }
        }
        return UnixLibc.sendmsg(state, socket, message.address(), flags);
    }

    /**
     * recvmsg(2): bytes, and the descriptors that came with them, which are the caller's and are closed by exec (MSG_CMSG_CLOEXEC).
     * Bytes that others came with are left for the next call.
     *
     * @param into the descriptors are appended to it, in the sender's order
     * @return bytes, 0 at end of stream; EAGAIN, EINTR, ECONNRESET; EMFILE when there was no room for all descriptors (MSG_CTRUNC):
     *     then the bytes are lost, and those that came are closed
     */
    public long receive(int socket, MemorySegment buffer, long offset, long length, List<Integer> into) {
        prepare(buffer, offset, length, CONTROL);
        long result = UnixLibc.recvmsg(state, socket, message.address(), MSG_CMSG_CLOEXEC);
        if (result < 0) {
            return result;
        }
        boolean whole = (message.get(JAVA_INT, MSG_FLAGS) & MSG_CTRUNC) == 0;
        long end = message.get(JAVA_LONG, MSG_CONTROL_LENGTH);
        long at = 0;
        while (at + CMSG_DATA <= end) {
            long size = Math.min(control.get(JAVA_LONG, at), end - at);
            if (control.get(JAVA_INT, at + CMSG_LEVEL) == Sockets.SOL_SOCKET
                    && control.get(JAVA_INT, at + CMSG_TYPE) == SCM_RIGHTS) {
                take(at, size, whole, into);
            }
            at += Math.max(CMSG_DATA, align((int) size));
        }
        return whole ? result : -Errno.EMFILE;
    }

    private void take(long at, long size, boolean whole, List<Integer> into) {
        for (long i = CMSG_DATA; i + Integer.BYTES <= size; i += Integer.BYTES) {
            int descriptor = control.get(JAVA_INT, at + i);
            if (whole) {
                into.add(descriptor);
            } else {
                Libc.close(state, descriptor);
            }
        }
    }

    private void prepare(MemorySegment buffer, long offset, long length, long controlLength) {
        Objects.checkFromIndexSize(offset, length, buffer.byteSize());
        scratch.set(JAVA_LONG, 0, buffer.address() + offset);
        scratch.set(JAVA_LONG, Long.BYTES, length);
        message.fill((byte) 0);
        message.set(JAVA_LONG, MSG_IOV, scratch.address());
        message.set(JAVA_LONG, MSG_IOV_LENGTH, 1);
        message.set(JAVA_LONG, MSG_CONTROL, controlLength == 0 ? 0 : control.address());
        message.set(JAVA_LONG, MSG_CONTROL_LENGTH, controlLength);
    }

    /**
     * getsockopt(2) SO_PEERCRED: the effective user of the process at the other end, when it connected or began to listen.
     *
     * @return 0 … 2³²−1; −1 as an unsigned number (4,294,967,295) where nobody is; ENOTSOCK, EBADF
     */
    public long peerUser(int socket) {
        int result = peer(socket);
        return result < 0 ? result : Integer.toUnsignedLong(scratch.get(JAVA_INT, UCRED_USER));
    }

    /**
     * The same: the process at the other end.
     *
     * @return its id; 0 where nobody is, and for a process of another namespace (pid_namespaces(7))
     */
    public int peerProcess(int socket) {
        int result = peer(socket);
        return result < 0 ? result : scratch.get(JAVA_INT, 0);
    }

    private int peer(int socket) {
        scratch.set(JAVA_INT, UCRED, UCRED); // its socklen_t, behind it
        return Libc.getsockopt(
                state, socket, Sockets.SOL_SOCKET, SO_PEERCRED, scratch.address(), scratch.address() + UCRED);
    }

    /** getresuid(2): the effective user of this process, 0 … 2³²−1. */
    public long effectiveUser() {
        long address = scratch.address();
        int result = UnixLibc.getresuid(state, address, address + Integer.BYTES, address + 2 * Integer.BYTES);
        return result < 0 ? result : Integer.toUnsignedLong(scratch.get(JAVA_INT, Integer.BYTES));
    }

    /**
     * fchmod(2). On a unix socket that is not bound yet, it is the mode of the file that bind(2) will make, less the umask: so the
     * file is at no moment open to more.
     *
     * @return 0; EBADF, EPERM
     */
    public int setMode(int fd, int mode) {
        return UnixLibc.fchmod(state, fd, mode);
    }

    private static int align(int length) {
        return (length + Long.BYTES - 1) & -Long.BYTES;
    }

    /** Frees the memory of the calls. Descriptors stay open. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
