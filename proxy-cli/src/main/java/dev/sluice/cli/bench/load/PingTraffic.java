package dev.sluice.cli.bench.load;

import dev.sluice.linux.Epoll;

/**
 * Requests of one size, each answered by as many bytes.
 *
 * <p>Without a rate a connection sends its next request when the answer is there. With one, request number n is due at its time
 * and belongs to connection n mod connections; while that one still waits for an answer, requests queue behind it. Their latency
 * counts from when they were due, so that a stall counts for every request that it has kept waiting.
 */
class PingTraffic extends Traffic {
    private static final byte DIALLED = 0;
    private static final byte GREETING = 1;
    private static final byte IDLE = 2;
    private static final byte BUSY = 3;

    private final long size;
    private final long rate;
    private final byte[] state;
    private final long[] toSend;
    private final long[] toCome;
    private final long[] began;
    private final long[] queued;
    private int ready;
    private long first; // when request 0 was due
    private long next; // number of the request that is due next

    PingTraffic(Links links, long size, long rate) {
        this(links, Kind.PING, size, rate);
    }

    PingTraffic(Links links, Kind kind, long size, long rate) {
        super(links, kind);
        this.size = size;
        this.rate = rate;
        int count = links.count();
        this.state = new byte[count];
        this.toSend = new long[count];
        this.toCome = new long[count];
        this.began = new long[count];
        this.queued = new long[count];
    }

    @Override
    boolean connected() {
        return ready == links.count();
    }

    @Override
    void onEvents(int link, int events) {
        if (state[link] == DIALLED) {
            greet(link);
            state[link] = GREETING;
            toCome[link] = 1;
            links.interest(link, Epoll.IN);
            return;
        }
        if (writable(events) && toSend[link] > 0) {
            flush(link);
        }
        if (readable(events)) {
            receive(link);
        }
    }

    private void receive(int link) {
        long arrived = arrived(links.receive(link));
        toCome[link] -= arrived;
        if (state[link] == BUSY) {
            bytes += arrived;
        }
        if (toCome[link] > 0) {
            return;
        }
        long now = System.nanoTime();
        if (state[link] == BUSY) {
            operations++;
            if (began[link] >= recordFrom) {
                latency.record(now - began[link]);
            }
        } else {
            ready++;
        }
        state[link] = IDLE;
        if (rate == 0) {
            request(link, now);
        } else if (queued[link] > 0) {
            queued[link]--;
            request(link, dueAfter(began[link]));
        }
    }

    private void request(int link, long from) {
        state[link] = BUSY;
        began[link] = from;
        toSend[link] = size;
        toCome[link] = size;
        flush(link);
    }

    private void flush(int link) {
        while (toSend[link] > 0) {
            long sent = departed(links.send(link, toSend[link]));
            if (sent == 0) {
                links.interest(link, Epoll.IN | Epoll.OUT);
                return;
            }
            toSend[link] -= sent;
            bytes += sent;
        }
        links.interest(link, Epoll.IN);
    }

    /** When request number n is due. In two steps, since n times a second would overflow after an hour or two. */
    private long due(long n) {
        return first + n / rate * 1_000_000_000L + n % rate * 1_000_000_000L / rate;
    }

    /** When the request is due that follows on the same connection. */
    private long dueAfter(long due) {
        return due + links.count() * 1_000_000_000L / rate;
    }

    @Override
    long onTime(long now) {
        if (rate == 0 || !connected()) {
            return Long.MAX_VALUE;
        }
        if (first == 0) {
            first = now;
        }
        for (long due = due(next); due <= now; due = due(next)) {
            int link = (int) (next++ % links.count());
            if (state[link] == IDLE) {
                request(link, due);
            } else {
                queued[link]++;
            }
        }
        return due(next);
    }

    @Override
    void onEnd(long now) {
        if (rate == 0) {
            return;
        }
        for (int link = 0; link < links.count(); link++) {
            long due = began[link];
            for (long n = state[link] == BUSY ? queued[link] : -1; n >= 0; n--) {
                if (due >= recordFrom) {
                    latency.record(now - due);
                }
                due = dueAfter(due);
            }
        }
    }
}
