package dev.sluice.proxy.arrive;

import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Session;

/** Asks the kernel what it has measured of the sessions of one loop: of some each time, going round. */
final class Sampling {
    /** Each is a system call, and the sessions of others wait. */
    static final int MOST = 256;
    /** Most of them may be free. */
    private static final int MOST_SLOTS = 4096;

    private final EventLoop loop;
    private int next;
    private int measured;

    Sampling(EventLoop loop) {
        this.loop = loop;
    }

    /** Asks of the next ones. */
    void take() {
        measured = 0;
        for (int seen = 0; seen < MOST_SLOTS && measured < MOST; ) {
            int count = MOST - measured;
            next = loop.each(next, count, this::measure);
            seen += count;
            if (next < 0) {
                next = 0;
                return;
            }
        }
    }

    private void measure(Handler handler) {
        if (handler instanceof Session session) {
            session.measure();
            measured++;
        }
    }
}
