package dev.sluice.proxy.arrive;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.Timer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * An arrival's look at the first bytes of its client. Nothing polls: the client's socket is watched edge-triggered, so that each look is for
 * bytes that have come since the last one, and there are no more looks than bytes.
 */
final class Look extends Timer {
    /** What has ended the wait, besides a step that was found. */
    enum Outcome {
        /** Nothing yet. */
        WAITING,
        /** It goes on with {@link #step}. */
        FOUND,
        /** The client has sent nothing, and sends nothing any more. */
        SILENT,
        /** The client's socket is broken. */
        BROKEN
    }

    private final Arrival arrival;
    private final Reception reception;
    private final Preamble preamble;
    private final int fd;
    private Preamble.Step step = Preamble.Step.CONNECT;

    Look(Arrival arrival, Reception reception, Preamble preamble, int fd) {
        this.arrival = arrival;
        this.reception = reception;
        this.preamble = preamble;
        this.fd = fd;
    }

    void begin() {
        reception.loop().schedule(this, reception.loop().now() + preamble.timeoutNanos());
    }

    void end() {
        reception.loop().cancel(this);
    }

    /** What was found. */
    Preamble.Step step() {
        return step;
    }

    /**
     * The client has sent something, or ended.
     *
     * @param events what epoll has told of it so far
     */
    Outcome onEvents(int events) {
        boolean over = (events & (Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0;
        MemorySegment bytes = reception.looks().bytes();
        long got = receive(Preamble.LONGEST, Sockets.MSG_PEEK);
        if (got <= 0) {
            return got == -Errno.EAGAIN ? Outcome.WAITING : got == 0 ? Outcome.SILENT : Outcome.BROKEN;
        }
        step = preamble.look(bytes, (int) got);
        if (step instanceof Preamble.Step.More) {
            if (!over) {
                return Outcome.WAITING;
            }
            step = Preamble.Step.CONNECT;
        }
        return Outcome.FOUND;
    }

    /**
     * Takes so many bytes out of the stream, which were seen there.
     *
     * @return null when the client's socket is broken
     */
    byte @Nullable [] take(int count) {
        byte[] taken = new byte[count];
        if (receive(count, 0) != count) {
            return null;
        }
        MemorySegment.copy(reception.looks().bytes(), ValueLayout.JAVA_BYTE, 0, taken, 0, count);
        return taken;
    }

    private long receive(int most, int flags) {
        long got;
        do {
            got = reception.kernel().recv(fd, reception.looks().bytes(), 0, most, flags);
        } while (got == -Errno.EINTR);
        return got;
    }

    @Override
    protected void onTimer(long now) {
        arrival.saidTooLittle();
    }

    @Override
    protected Object faulty() {
        return arrival;
    }
}
