package dev.sluice.cli.bench.load;

import dev.sluice.linux.Epoll;
import java.util.BitSet;

/** Sessions that answer one byte, so that they are known to be there, and then are silent. */
final class IdleTraffic extends Traffic {
    private static final int AT_ONCE = 256;

    private final BitSet greeted;
    private int dialled;

    IdleTraffic(Links links) {
        super(links, Kind.IDLE);
        this.greeted = new BitSet(links.count());
    }

    /** A backlog holds only so many. */
    @Override
    void start() {
        while (dialled < links.count() && dialled - operations < AT_ONCE) {
            int result = links.dial(dialled++);
            if (result < 0) {
                throw new TrafficException(
                        "cannot connect session " + dialled + ": " + dev.sluice.linux.Errno.describe(-result));
            }
        }
    }

    @Override
    boolean connected() {
        return operations == links.count();
    }

    @Override
    void onEvents(int link, int events) {
        if (!greeted.get(link)) {
            greet(link);
            greeted.set(link);
            links.interest(link, Epoll.IN);
        } else if (arrived(links.receive(link)) > 0) {
            operations++;
            start();
        }
    }
}
