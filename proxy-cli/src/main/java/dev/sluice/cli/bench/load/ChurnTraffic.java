package dev.sluice.cli.bench.load;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;

/** Connections that are made, answer one byte, and are reset, one after the other. Latency is from connect to answer. */
final class ChurnTraffic extends Traffic {
    private static final long MANY = 1_000;

    private final boolean[] greeted;
    private final long[] began;
    private boolean someDown;

    ChurnTraffic(Links links) {
        super(links, Kind.CHURN);
        this.greeted = new boolean[links.count()];
        this.began = new long[links.count()];
    }

    @Override
    void start() {
        for (int link = 0; link < links.count(); link++) {
            begin(link);
        }
    }

    @Override
    boolean connected() {
        return true;
    }

    private void begin(int link) {
        began[link] = System.nanoTime();
        greeted[link] = false;
        int result = links.dial(link);
        if (result < 0) {
            began[link] = 0;
            someDown = true;
            failed(-result);
        }
    }

    /** A few failures are part of the figures; if nothing else happens, there is nothing to measure. */
    private void failed(int errno) {
        failures++;
        if (failures > MANY && failures > operations) {
            throw new TrafficException("connections fail: " + (errno == 0 ? "closed" : Errno.describe(errno)));
        }
    }

    @Override
    void onEvents(int link, int events) {
        long result;
        if (!greeted[link]) {
            int error = links.error(link);
            result = error != 0 ? -error : links.sendMode(link, kind.mode());
            if (result > 0) {
                greeted[link] = true;
                links.interest(link, Epoll.IN);
                return;
            }
        } else {
            result = links.receive(link);
            if (result == -Errno.EAGAIN) {
                return;
            }
        }
        if (result > 0) {
            operations++;
            bytes += 2;
            if (began[link] >= recordFrom) {
                latency.record(System.nanoTime() - began[link]);
            }
        } else {
            failed((int) -result);
        }
        links.reset(link);
        begin(link);
    }

    /** Those that could not even begin try again. */
    @Override
    long onTime(long now) {
        if (someDown) {
            someDown = false;
            for (int link = 0; link < links.count(); link++) {
                if (began[link] == 0) {
                    begin(link);
                }
            }
        }
        return Long.MAX_VALUE;
    }
}
