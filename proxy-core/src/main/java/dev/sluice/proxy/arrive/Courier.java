package dev.sluice.proxy.arrive;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Endpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Takes a request to one endpoint, and waits until the server has ended the connection: then it has done what it was asked for, and whoever
 * asked may go on. It has the time of an attempt to connect for all of that. It is no session of the endpoint, and nothing is held against that.
 */
final class Courier extends Timer implements Handler {
    private enum State {
        /** For a descriptor, or for room in a unix backlog: no event tells of that. */
        WAITING,
        CONNECTING,
        SENDING,
        LISTENING,
        CLOSED
    }

    private static final int EVENTS = Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.ET;
    private static final int NONE = -1;
    private static final long FIRST_NANOS = 10_000_000;
    private static final long LAST_NANOS = 160_000_000;

    private final Everywhere owner;
    private final Reception reception;
    private final Kernel kernel;
    private final EventLoop loop;
    private final Endpoint endpoint;
    private final ConnectSettings settings;
    private final ListenerStats.Row row;
    private final byte[] request;
    private final boolean own;

    private State state = State.CONNECTING;
    private int slot = NONE;
    private int fd = NONE;
    private int sent;
    private long until;
    private long delay = FIRST_NANOS;
    /** For want of what it waits. */
    private int errno;

    /**
     * @param row where its bytes are counted
     * @param request at most {@link Preamble#LONGEST} bytes
     * @param own whether its descriptor is the arrival's; else one was claimed, which it releases
     */
    Courier(
            Everywhere owner,
            Reception reception,
            Endpoint endpoint,
            ConnectSettings settings,
            ListenerStats.Row row,
            byte[] request,
            boolean own) {
        this.owner = owner;
        this.reception = reception;
        this.kernel = reception.kernel();
        this.loop = reception.loop();
        this.endpoint = endpoint;
        this.settings = settings;
        this.row = row;
        this.request = request;
        this.own = own;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    boolean isOwn() {
        return own;
    }

    /** Bytes. */
    int sent() {
        return sent;
    }

    /**
     * Begins.
     *
     * @return 0 when it is on its way, and its end will be told; −errno when it has failed
     */
    int begin() {
        until = loop.now() + settings.attemptNanos();
        return attempt();
    }

    private int attempt() {
        Address address = endpoint.address();
        if (fd == NONE) {
            int opened = reception.connect().open(address, settings.tcp(), settings.sources());
            if (EndCause.isShortage(-opened)) {
                return again(-opened);
            }
            if (opened < 0) {
                return opened;
            }
            fd = opened;
            slot = loop.attach(this);
        }
        int result = reception.connect().connect(fd, address);
        if (result == -Errno.EAGAIN && address.family() == Sockets.AF_UNIX) {
            return again(Errno.EAGAIN);
        }
        if (result < 0 && result != -Errno.EINPROGRESS && result != -Errno.EINTR) {
            return result;
        }
        state = State.CONNECTING;
        // Even if it is connected already: whoever is watched is told of what is so.
        int watched = loop.watch(slot, 0, fd, EVENTS);
        if (watched == 0) {
            loop.schedule(this, until);
        }
        return watched;
    }

    /** Tries again in a while, less and less often. */
    private int again(int why) {
        state = State.WAITING;
        errno = why;
        long at = loop.now() + delay;
        delay = Math.min(2 * delay, LAST_NANOS);
        loop.schedule(this, at - until < 0 ? at : until);
        return 0;
    }

    @Override
    public void onEvents(int tag, int events) {
        if (state == State.CONNECTING && (events & (Epoll.OUT | Epoll.ERR | Epoll.HUP)) != 0) {
            int error = kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
            if (error == 0 && reception.connect().isSelfConnect(fd, endpoint.address())) {
                kernel.setLinger(fd, 0); // else the port would wait for itself
                error = Errno.ECONNREFUSED;
            }
            if (error != 0) {
                end(Math.abs(error));
                return;
            }
            state = State.SENDING;
        }
        if (state == State.SENDING) {
            send();
        }
        if (state == State.LISTENING) {
            listen();
        }
    }

    private void send() {
        MemorySegment bytes = reception.looks().bytes();
        while (sent < request.length) {
            int count = request.length - sent;
            MemorySegment.copy(request, sent, bytes, ValueLayout.JAVA_BYTE, 0, count);
            long result = kernel.send(fd, bytes, 0, count, Sockets.MSG_NOSIGNAL);
            if (result == -Errno.EAGAIN) {
                return;
            }
            if (result < 0 && result != -Errno.EINTR) {
                end((int) -result);
                return;
            }
            sent += (int) Math.max(0, result);
            row.moved(true, false, Math.max(0, result));
        }
        state = State.LISTENING;
    }

    /** A server says nothing to it. One that ends with a reset has ended, too. */
    private void listen() {
        long got;
        do {
            got = kernel.recv(fd, reception.looks().bytes(), 0, Preamble.LONGEST, 0);
        } while (got == -Errno.EINTR);
        if (got > 0) {
            end(Errno.EPROTO);
        } else if (got != -Errno.EAGAIN) {
            end(0);
        }
    }

    @Override
    protected void onTimer(long now) {
        if (state != State.WAITING) {
            end(Errno.ETIMEDOUT);
        } else if (now - until >= 0) {
            end(errno);
        } else {
            int result = attempt();
            if (result < 0) {
                end(-result);
            }
        }
    }

    private void end(int why) {
        close();
        owner.onEnd(this, why);
    }

    /** Nothing is left of it; nobody is told. */
    void close() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        try {
            loop.cancel(this);
            if (slot >= 0) {
                loop.detach(slot);
            }
            if (fd >= 0) {
                kernel.close(fd);
            }
        } finally {
            if (!own) {
                reception.budget().release(1);
            }
        }
    }

    @Override
    public void onStop() {
        close(); // the arrival is told as well
    }

    @Override
    public void onFault() {
        end(Errno.EIO);
    }
}
