package dev.sluice.cli.bench.load;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;

/** One kind of traffic over some connections: called by {@link Engine}, on its thread. */
abstract class Traffic {
    final Links links;
    final Kind kind;

    /** Payload that went over {@link #links} so far, both directions. */
    long bytes;

    /** What was completed so far: requests, or connections. */
    long operations;

    long failures;

    final Latency latency = new Latency();

    /** Latencies of what began before this moment do not count; {@link Long#MAX_VALUE}: none does. */
    long recordFrom = Long.MAX_VALUE;

    private int connecting;

    Traffic(Links links, Kind kind) {
        this.links = links;
        this.kind = kind;
    }

    /** The payload that is reported, bytes: all of it, unless a kind reports a part. */
    long bytes() {
        return bytes;
    }

    /** Begins to connect all. */
    void start() {
        for (int link = 0; link < links.count(); link++) {
            int result = links.dial(link);
            if (result < 0) {
                throw new TrafficException("cannot connect: " + Errno.describe(-result));
            }
            connecting++;
        }
    }

    /** Whether all connections of the start are there. */
    boolean connected() {
        return connecting == 0;
    }

    /** The first event of a connection: sends the mode, or tells why there is no connection. */
    final void greet(int link) {
        int error = links.error(link);
        if (error == 0) {
            error = (int) Math.max(0, -links.sendMode(link, kind.mode()));
        }
        if (error != 0) {
            throw new TrafficException("cannot connect: " + Errno.describe(error));
        }
        connecting--;
    }

    /** Bytes of a receive, at most none; any answer that says the connection is over ends the measurement. */
    static long arrived(long received) {
        if (received > 0 || received == -Errno.EAGAIN || received == -Errno.EINTR) {
            return Math.max(0, received);
        }
        throw new TrafficException(
                received == 0
                        ? "a connection was closed by the other side"
                        : "a connection was lost: " + Errno.describe((int) -received));
    }

    /** Bytes of a send, at most none; as {@link #arrived}. */
    static long departed(long sent) {
        if (sent >= 0 || sent == -Errno.EAGAIN || sent == -Errno.EINTR) {
            return Math.max(0, sent);
        }
        throw new TrafficException("a connection was lost: " + Errno.describe((int) -sent));
    }

    static boolean readable(int events) {
        return (events & (Epoll.IN | Epoll.HUP | Epoll.ERR)) != 0;
    }

    static boolean writable(int events) {
        return (events & Epoll.OUT) != 0;
    }

    abstract void onEvents(int link, int events);

    /** Before each wait: what is due now is sent. Returns when the next is due, as {@link System#nanoTime}, or MAX_VALUE. */
    long onTime(long now) {
        return Long.MAX_VALUE;
    }

    /** The window is over: what should have been answered in it and was not counts as answered now. */
    void onEnd(long now) {}
}
