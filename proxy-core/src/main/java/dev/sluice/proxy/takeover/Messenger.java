package dev.sluice.proxy.takeover;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.UnixCalls;
import dev.sluice.proxy.takeover.TakeoverException.Reason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Sends and receives messages of {@link Protocol} on non-blocking sockets, and waits for them, each time with a deadline. On the thread
 * that made it, but for {@link #stop}.
 */
final class Messenger implements AutoCloseable {
    private static final ValueLayout.OfInt BIG_ENDIAN_INT = JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int LENGTH = Integer.BYTES;
    private static final int HEADER = LENGTH + 1;
    private static final long NO_DEADLINE_MILLIS = -1;

    /**
     * One message.
     *
     * @param descriptors that came with it, whoever gets them closes them
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    record Message(int type, byte[] body, List<Integer> descriptors) {}

    private final Kernel kernel;
    private final UnixCalls calls;
    private final MemorySegment buffer;
    /** Of its own: the last word to one may be said in the middle of a message to another. */
    private final MemorySegment word;

    private final EpollEvents events;
    private final int epoll;
    private final int stop;
    private int other = -1;
    private BooleanSupplier onOther = () -> true;

    /**
     * @throws dev.sluice.linux.KernelException when there are no descriptors for it
     */
    Messenger(Kernel kernel, UnixCalls calls) {
        this.kernel = kernel;
        this.calls = calls;
        this.buffer = kernel.allocate(HEADER + Protocol.MAX_BODY);
        this.word = kernel.allocate(HEADER + Protocol.MAX_TEXT);
        this.events = new EpollEvents(kernel, 2);
        this.epoll = Errno.check(kernel.epollCreate(), "epoll_create1");
        int eventfd = kernel.eventfd();
        if (eventfd < 0) {
            kernel.close(epoll);
            Errno.check(eventfd, "eventfd");
        }
        this.stop = eventfd;
        kernel.epollCtl(epoll, Epoll.ADD, stop, Epoll.IN, stop);
    }

    /** From any thread, before {@link #close}: whoever waits, now or later, is told {@link Reason#STOPPED}. */
    void stop(Supplier<Kernel> kernels) {
        try (Kernel own = kernels.get()) {
            MemorySegment one = own.allocate(Long.BYTES);
            one.set(JAVA_LONG, 0, 1);
            own.write(stop, one, 0, Long.BYTES);
        }
    }

    /**
     * While something else is waited for, this descriptor is looked after, too.
     *
     * @param readable is run when it can be read; false: that came to nothing, and it is left alone for the rest of this wait
     */
    void meanwhile(int fd, BooleanSupplier readable) {
        other = fd;
        onOther = readable;
    }

    /** Waits without a deadline until it can be read. */
    void awaitReadable(int fd) throws TakeoverException {
        await(fd, Epoll.IN, Long.MAX_VALUE);
    }

    private void await(int fd, int mask, long deadline) throws TakeoverException {
        kernel.epollCtl(epoll, Epoll.ADD, fd, mask, fd);
        boolean others = other >= 0 && other != fd;
        if (others) {
            kernel.epollCtl(epoll, Epoll.ADD, other, Epoll.IN, other);
        }
        try {
            while (!isReady(fd, deadline)) {
                if (deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0) {
                    throw new TakeoverException(Reason.LATE, "it has been silent for too long");
                }
            }
        } finally {
            kernel.epollCtl(epoll, Epoll.DEL, fd, 0, 0);
            if (others) {
                kernel.epollCtl(epoll, Epoll.DEL, other, 0, 0);
            }
        }
    }

    private boolean isReady(int fd, long deadline) throws TakeoverException {
        long millis = NO_DEADLINE_MILLIS;
        if (deadline != Long.MAX_VALUE) {
            millis = Math.max(0, deadline - System.nanoTime()) / 1_000_000 + 1;
        }
        int count = kernel.epollWait(epoll, events, (int) Math.min(millis, Integer.MAX_VALUE));
        boolean ready = false;
        boolean others = false;
        for (int i = 0; i < count; i++) {
            if (events.data(i) == stop) {
                throw new TakeoverException(Reason.STOPPED, "this process is stopping");
            }
            ready |= events.data(i) == fd;
            others |= events.data(i) != fd;
        }
        if (others && !onOther.getAsBoolean()) {
            kernel.epollCtl(epoll, Epoll.DEL, other, 0, 0);
        }
        return ready;
    }

    /** Waits, since something cannot be done at once and no event will tell when it can. */
    void pause(long nanos) throws TakeoverException {
        long deadline = System.nanoTime() + nanos;
        while (System.nanoTime() - deadline < 0) {
            isReady(-1, deadline);
        }
    }

    /**
     * Sends a message. Whether the other side is still there shows when its answer does not come.
     *
     * @param descriptors at most {@link UnixCalls#MAX_DESCRIPTORS}
     * @param deadline as {@link System#nanoTime()}
     */
    void send(int fd, int type, byte[] body, List<Integer> descriptors, long deadline) throws TakeoverException {
        int length = HEADER + body.length;
        write(buffer, type, body);
        int sent = 0;
        while (sent < length) {
            long result = calls.send(
                    fd, buffer, sent, length - sent, sent == 0 ? descriptors : List.of(), Sockets.MSG_NOSIGNAL);
            if (result >= 0) {
                sent += (int) result;
            } else if (result == -Errno.EAGAIN) {
                await(fd, Epoll.OUT, deadline);
            } else if (result == -Errno.EPIPE || result == -Errno.ECONNRESET) {
                return;
            } else if (result != -Errno.EINTR) {
                throw failed("sendmsg", result);
            }
        }
    }

    /** Sends a short message as far as that can be done at once: the last word of a conversation. */
    void say(int fd, int type, byte[] body) {
        write(word, type, body);
        kernel.send(fd, word, 0, HEADER + body.length, Sockets.MSG_NOSIGNAL | Sockets.MSG_DONTWAIT);
    }

    private static void write(MemorySegment buffer, int type, byte[] body) {
        buffer.set(BIG_ENDIAN_INT, 0, 1 + body.length);
        buffer.set(JAVA_BYTE, LENGTH, (byte) type);
        MemorySegment.copy(body, 0, buffer, JAVA_BYTE, HEADER, body.length);
    }

    /**
     * Waits for a message of this type. What has come already counts, however late it is looked at.
     *
     * @throws TakeoverException when none comes: the other side refuses and says why, has ended, sends something else, or is silent
     */
    Message receive(int fd, int type, long deadline) throws TakeoverException {
        List<Integer> descriptors = new ArrayList<>();
        boolean done = false;
        try {
            fill(fd, 0, HEADER, descriptors, deadline);
            int length = buffer.get(BIG_ENDIAN_INT, 0) - 1;
            int found = buffer.get(JAVA_BYTE, LENGTH) & 0xff;
            if (length < 0 || length > Protocol.MAX_BODY) {
                throw Protocol.nonsense("a message of an impossible length");
            }
            fill(fd, HEADER, length, descriptors, deadline);
            byte[] body = buffer.asSlice(HEADER, length).toArray(JAVA_BYTE);
            if (found == Protocol.REFUSAL) {
                throw new TakeoverException(Reason.REFUSED, Protocol.refusalText(body));
            }
            if (found != type || (type != Protocol.SOCKETS && !descriptors.isEmpty())) {
                throw Protocol.nonsense("a message of type " + found + " instead of " + type);
            }
            done = true;
            return new Message(found, body, descriptors);
        } finally {
            if (!done) {
                descriptors.forEach(kernel::close);
            }
        }
    }

    private void fill(int fd, int offset, int length, List<Integer> descriptors, long deadline)
            throws TakeoverException {
        int done = 0;
        while (done < length) {
            long result = calls.receive(fd, buffer, offset + done, length - done, descriptors);
            if (result > 0) {
                done += (int) result;
            } else if (result == 0 || result == -Errno.ECONNRESET) {
                String where = offset + done == 0 ? "it has ended" : "it has ended in the middle of a message";
                throw new TakeoverException(Reason.ENDED, where);
            } else if (result == -Errno.EAGAIN) {
                await(fd, Epoll.IN, deadline);
            } else if (result != -Errno.EINTR) {
                throw failed("recvmsg", result);
            }
        }
    }

    private static TakeoverException failed(String call, long result) {
        return new TakeoverException(Reason.FAILED, call + ": " + Errno.describe((int) -result));
    }

    @Override
    public void close() {
        kernel.close(epoll);
        kernel.close(stop);
    }
}
