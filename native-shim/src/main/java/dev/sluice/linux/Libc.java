package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * The C functions: with {@link FileLibc}, {@link UnixLibc} and {@link LibcExtras}, which hold what only some need, the only class
 * that holds method handles. Pointers are raw addresses; results are ≥ 0 or −errno.
 *
 * <p>Every argument and result of these functions is an integer or a pointer and travels in one integer register, on x86-64
 * (System V ABI) as on aarch64 (AAPCS64); both leave the upper half of a register that holds a C {@code int} undefined. So
 * all are linked as functions of {@code long}: a shape per number of arguments instead of one per signature, because each
 * distinct shape makes the JVM spin classes, which is some 5 ms of start-up. A result that is an {@code int} in C is cut to
 * 32 bits here.
 *
 * <p>None is linked {@code critical}: that saves a nanosecond or two and lets a thread inside the kernel hold up every
 * safepoint of the process.
 */
@SuppressWarnings("restricted") // what this class is for; Platform turns a refusal into a message
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final long ERRNO_OFFSET =
            Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle EPOLL_CREATE1 = function("epoll_create1", 1);
    private static final MethodHandle EPOLL_CTL = function("epoll_ctl", 4);
    private static final MethodHandle EPOLL_WAIT = function("epoll_wait", 4);
    private static final MethodHandle EVENTFD = function("eventfd", 2);
    private static final MethodHandle PIPE2 = function("pipe2", 2);
    private static final MethodHandle FCNTL = variadic("fcntl");
    private static final MethodHandle IOCTL = variadic("ioctl");
    private static final MethodHandle SPLICE = function("splice", 6);
    private static final MethodHandle READ = function("read", 3);
    private static final MethodHandle WRITE = function("write", 3);
    private static final MethodHandle CLOSE = function("close", 1);
    private static final MethodHandle SOCKET = function("socket", 3);
    private static final MethodHandle BIND = function("bind", 3);
    private static final MethodHandle LISTEN = function("listen", 2);
    private static final MethodHandle ACCEPT4 = function("accept4", 4);
    private static final MethodHandle CONNECT = function("connect", 3);
    private static final MethodHandle GETSOCKOPT = function("getsockopt", 5);
    private static final MethodHandle SETSOCKOPT = function("setsockopt", 5);
    private static final MethodHandle GETSOCKNAME = function("getsockname", 3);
    private static final MethodHandle GETPEERNAME = function("getpeername", 3);
    private static final MethodHandle SHUTDOWN = function("shutdown", 2);
    private static final MethodHandle RECV = function("recv", 4);
    private static final MethodHandle SEND = function("send", 4);
    private static final MethodHandle GETRLIMIT = function("getrlimit", 2);
    private static final MethodHandle SETRLIMIT = function("setrlimit", 2);
    private static final MethodHandle SCHED_SETAFFINITY = function("sched_setaffinity", 3);
    private static final MethodHandle SYSCONF = function("sysconf", 1);

    private Libc() {}

    static MethodHandle function(String name, int arguments) {
        return link(name, arguments, ERRNO);
    }

    /** {@code int f(a, b, ...)}: fcntl(2), ioctl(2) and open(2), declared with what follows the second argument open. */
    static MethodHandle variadic(String name) {
        return link(name, 3, ERRNO, Linker.Option.firstVariadicArg(2));
    }

    static MethodHandle link(String name, int arguments, Linker.Option... options) {
        MemoryLayout[] longs = new MemoryLayout[arguments];
        Arrays.fill(longs, JAVA_LONG);
        MemorySegment symbol = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedPlatformException("the C library has no function " + name));
        return LINKER.downcallHandle(symbol, FunctionDescriptor.of(JAVA_LONG, longs), options);
    }

    /** Memory for the errno of one thread: first argument of every call. */
    static MemoryLayout stateLayout() {
        return Linker.Option.captureStateLayout();
    }

    static int intResult(MemorySegment state, long result) {
        int value = (int) result;
        return value == -1 ? -state.get(JAVA_INT, ERRNO_OFFSET) : value;
    }

    static long longResult(MemorySegment state, long result) {
        return result == -1 ? -state.get(JAVA_INT, ERRNO_OFFSET) : result;
    }

    /** What a handle throws is unchecked: the memory of a closed kernel, or of another thread's. */
    static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException runtime ? runtime : new IllegalStateException(thrown);
    }

    static int epollCreate1(MemorySegment state, int flags) {
        try {
            return intResult(state, (long) EPOLL_CREATE1.invokeExact(state, (long) flags));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int epollCtl(MemorySegment state, int epoll, int op, int fd, long event) {
        try {
            return intResult(state, (long) EPOLL_CTL.invokeExact(state, (long) epoll, (long) op, (long) fd, event));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int epollWait(MemorySegment state, int epoll, long events, int capacity, int timeoutMillis) {
        try {
            return intResult(state, (long)
                    EPOLL_WAIT.invokeExact(state, (long) epoll, events, (long) capacity, (long) timeoutMillis));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int eventfd(MemorySegment state, int counter, int flags) {
        try {
            return intResult(state, (long) EVENTFD.invokeExact(state, (long) counter, (long) flags));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int pipe2(MemorySegment state, long descriptors, int flags) {
        try {
            return intResult(state, (long) PIPE2.invokeExact(state, descriptors, (long) flags));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int fcntl(MemorySegment state, int fd, int command, long argument) {
        try {
            return intResult(state, (long) FCNTL.invokeExact(state, (long) fd, (long) command, argument));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int ioctl(MemorySegment state, int fd, long request, long argument) {
        try {
            return intResult(state, (long) IOCTL.invokeExact(state, (long) fd, request, argument));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static long splice(MemorySegment state, int from, long fromOffset, int to, long toOffset, long length, int flags) {
        try {
            return longResult(state, (long)
                    SPLICE.invokeExact(state, (long) from, fromOffset, (long) to, toOffset, length, (long) flags));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static long read(MemorySegment state, int fd, long buffer, long length) {
        try {
            return longResult(state, (long) READ.invokeExact(state, (long) fd, buffer, length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static long write(MemorySegment state, int fd, long buffer, long length) {
        try {
            return longResult(state, (long) WRITE.invokeExact(state, (long) fd, buffer, length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int close(MemorySegment state, int fd) {
        try {
            return intResult(state, (long) CLOSE.invokeExact(state, (long) fd));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int socket(MemorySegment state, int domain, int type, int protocol) {
        try {
            return intResult(state, (long) SOCKET.invokeExact(state, (long) domain, (long) type, (long) protocol));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int bind(MemorySegment state, int fd, long address, int length) {
        try {
            return intResult(state, (long) BIND.invokeExact(state, (long) fd, address, (long) length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int listen(MemorySegment state, int fd, int backlog) {
        try {
            return intResult(state, (long) LISTEN.invokeExact(state, (long) fd, (long) backlog));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int accept4(MemorySegment state, int fd, long address, long length, int flags) {
        try {
            return intResult(state, (long) ACCEPT4.invokeExact(state, (long) fd, address, length, (long) flags));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int connect(MemorySegment state, int fd, long address, int length) {
        try {
            return intResult(state, (long) CONNECT.invokeExact(state, (long) fd, address, (long) length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int getsockopt(MemorySegment state, int fd, int level, int option, long value, long length) {
        try {
            return intResult(
                    state, (long) GETSOCKOPT.invokeExact(state, (long) fd, (long) level, (long) option, value, length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int setsockopt(MemorySegment state, int fd, int level, int option, long value, int length) {
        try {
            return intResult(state, (long)
                    SETSOCKOPT.invokeExact(state, (long) fd, (long) level, (long) option, value, (long) length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int getsockname(MemorySegment state, int fd, long address, long length) {
        try {
            return intResult(state, (long) GETSOCKNAME.invokeExact(state, (long) fd, address, length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int getpeername(MemorySegment state, int fd, long address, long length) {
        try {
            return intResult(state, (long) GETPEERNAME.invokeExact(state, (long) fd, address, length));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int shutdown(MemorySegment state, int fd, int how) {
        try {
            return intResult(state, (long) SHUTDOWN.invokeExact(state, (long) fd, (long) how));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static long recv(MemorySegment state, int fd, long buffer, long length, int flags) {
        try {
            return longResult(state, (long) RECV.invokeExact(state, (long) fd, buffer, length, (long) flags));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static long send(MemorySegment state, int fd, long buffer, long length, int flags) {
        try {
            return longResult(state, (long) SEND.invokeExact(state, (long) fd, buffer, length, (long) flags));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int getrlimit(MemorySegment state, int resource, long limits) {
        try {
            return intResult(state, (long) GETRLIMIT.invokeExact(state, (long) resource, limits));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int setrlimit(MemorySegment state, int resource, long limits) {
        try {
            return intResult(state, (long) SETRLIMIT.invokeExact(state, (long) resource, limits));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static long sysconf(MemorySegment state, int name) {
        try {
            return longResult(state, (long) SYSCONF.invokeExact(state, (long) name));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }

    static int schedSetaffinity(MemorySegment state, int thread, long size, long mask) {
        try {
            return intResult(state, (long) SCHED_SETAFFINITY.invokeExact(state, (long) thread, size, mask));
        } catch (Throwable thrown) {
            throw unchecked(thrown);
        }
    }
}
