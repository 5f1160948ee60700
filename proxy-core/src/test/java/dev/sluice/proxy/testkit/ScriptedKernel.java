package dev.sluice.proxy.testkit;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.Pipes;
import dev.sluice.linux.SockaddrBuffer;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * The machine, with a {@link Script} before it.
 *
 * <p>The proxy waits edge-triggered: it trusts that after EAGAIN, and after a transfer that emptied or filled a socket, an
 * event tells of the next change. A lie about either must not break that promise, so after each the socket's watch is armed
 * anew, and epoll tells of what is there.
 */
public final class ScriptedKernel implements Kernel {
    private record Watch(int epoll, int events, long data) {}

    private final LinuxKernel real;
    private final Script script;
    private final Map<Integer, Watch> watches = new HashMap<>();
    private final Set<Integer> pipes = new HashSet<>();

    public ScriptedKernel(LinuxKernel real, Script script) {
        this.real = real;
        this.script = script;
    }

    private int call(Call call, int fd, LongSupplier made) {
        return (int) transfer(call, fd, 0, length -> made.getAsLong());
    }

    private long transfer(Call call, int fd, long length, LongUnaryOperator made) {
        Fault fault = script.next(call, fd);
        if (fault == null) {
            long result = made.applyAsLong(length);
            script.returned(call, fd, result);
            return result;
        }
        long result = fault.answer(length, made);
        if (fault.deceives() && (result == -Errno.EAGAIN || (result > 0 && length > 0))) {
            arm(fd);
        }
        script.returned(call, fd, result);
        return result;
    }

    private void arm(int fd) {
        Watch watch = watches.get(fd);
        if (watch != null && (watch.events() & Epoll.ET) != 0) {
            Errno.check(real.epollCtl(watch.epoll(), Epoll.MOD, fd, watch.events(), watch.data()), "epoll_ctl");
        }
    }

    @Override
    public int epollCtl(int epoll, int op, int fd, int events, long data) {
        int result = call(Call.EPOLL_CTL, fd, () -> real.epollCtl(epoll, op, fd, events, data));
        if (result == 0 && op == Epoll.DEL) {
            watches.remove(fd);
        } else if (result == 0) {
            watches.put(fd, new Watch(epoll, events, data));
        }
        return result;
    }

    @Override
    public long pipe() {
        long result = transfer(Call.PIPE, -1, 0, length -> real.pipe());
        if (result >= 0) {
            pipes.add(Pipes.readEnd(result));
            pipes.add(Pipes.writeEnd(result));
        }
        return result;
    }

    @Override
    public long splice(int from, int to, long length, int flags) {
        boolean in = pipes.contains(to);
        return transfer(
                in ? Call.SPLICE_IN : Call.SPLICE_OUT,
                in ? from : to,
                length,
                atMost -> real.splice(from, to, atMost, flags));
    }

    @Override
    public int close(int fd) {
        watches.remove(fd);
        pipes.remove(fd);
        return call(Call.CLOSE, fd, () -> real.close(fd));
    }

    @Override
    public long read(int fd, MemorySegment buffer, long offset, long length) {
        return transfer(Call.READ, fd, length, atMost -> real.read(fd, buffer, offset, atMost));
    }

    @Override
    public long write(int fd, MemorySegment buffer, long offset, long length) {
        return transfer(Call.WRITE, fd, length, atMost -> real.write(fd, buffer, offset, atMost));
    }

    @Override
    public long recv(int fd, MemorySegment buffer, long offset, long length, int flags) {
        return transfer(Call.RECV, fd, length, atMost -> real.recv(fd, buffer, offset, atMost, flags));
    }

    @Override
    public long send(int fd, MemorySegment buffer, long offset, long length, int flags) {
        return transfer(Call.SEND, fd, length, atMost -> real.send(fd, buffer, offset, atMost, flags));
    }

    @Override
    public int epollCreate() {
        return call(Call.EPOLL_CREATE, -1, real::epollCreate);
    }

    @Override
    public int epollWait(int epoll, EpollEvents into, int timeoutMillis) {
        return call(Call.EPOLL_WAIT, -1, () -> real.epollWait(epoll, into, timeoutMillis));
    }

    @Override
    public int eventfd() {
        return call(Call.EVENTFD, -1, real::eventfd);
    }

    @Override
    public int setPipeSize(int fd, int bytes) {
        return (int) transfer(Call.SET_PIPE_SIZE, fd, bytes, length -> real.setPipeSize(fd, (int) length));
    }

    @Override
    public int getPipeSize(int fd) {
        return call(Call.GET_PIPE_SIZE, fd, () -> real.getPipeSize(fd));
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return call(Call.SOCKET, -1, () -> real.socket(domain, type, protocol));
    }

    @Override
    public int bind(int fd, SockaddrBuffer address) {
        return call(Call.BIND, fd, () -> real.bind(fd, address));
    }

    @Override
    public int listen(int fd, int backlog) {
        return call(Call.LISTEN, fd, () -> real.listen(fd, backlog));
    }

    @Override
    public int accept4(int fd, SockaddrBuffer peer, int flags) {
        return call(Call.ACCEPT, fd, () -> real.accept4(fd, peer, flags));
    }

    @Override
    public int connect(int fd, SockaddrBuffer address) {
        return call(Call.CONNECT, fd, () -> real.connect(fd, address));
    }

    @Override
    public int getsockopt(int fd, int level, int option) {
        return call(Call.GETSOCKOPT, fd, () -> real.getsockopt(fd, level, option));
    }

    @Override
    public int setsockopt(int fd, int level, int option, int value) {
        return call(Call.SETSOCKOPT, fd, () -> real.setsockopt(fd, level, option, value));
    }

    @Override
    public int setLinger(int fd, int seconds) {
        return call(Call.SET_LINGER, fd, () -> real.setLinger(fd, seconds));
    }

    @Override
    public int setNonBlocking(int fd) {
        return real.setNonBlocking(fd);
    }

    @Override
    public int setCloseOnExec(int fd) {
        return real.setCloseOnExec(fd);
    }

    @Override
    public int getsockname(int fd, SockaddrBuffer into) {
        return call(Call.GETSOCKNAME, fd, () -> real.getsockname(fd, into));
    }

    @Override
    public int getpeername(int fd, SockaddrBuffer into) {
        return call(Call.GETPEERNAME, fd, () -> real.getpeername(fd, into));
    }

    @Override
    public int shutdown(int fd, int how) {
        return call(Call.SHUTDOWN, fd, () -> real.shutdown(fd, how));
    }

    @Override
    public int bytesReadable(int fd) {
        return call(Call.BYTES_READABLE, fd, () -> real.bytesReadable(fd));
    }

    @Override
    public int bytesUnsent(int fd) {
        return call(Call.BYTES_UNSENT, fd, () -> real.bytesUnsent(fd));
    }

    @Override
    public long tcpInfo(int fd) {
        return transfer(Call.TCP_INFO, fd, 0, length -> real.tcpInfo(fd));
    }

    @Override
    public MemorySegment allocate(long bytes) {
        return real.allocate(bytes);
    }

    @Override
    public long getFileLimit(boolean hard) {
        return real.getFileLimit(hard);
    }

    @Override
    public int setFileLimit(long soft) {
        return real.setFileLimit(soft);
    }

    @Override
    public int setAffinity(int cpu) {
        return real.setAffinity(cpu);
    }

    @Override
    public int pageSize() {
        int scripted = script.pageSize();
        return scripted > 0 ? scripted : real.pageSize();
    }

    @Override
    public void close() {
        real.close();
    }
}
