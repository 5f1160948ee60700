package dev.sluice.cli.bench.load;

import dev.sluice.linux.Epoll;
import java.util.BitSet;

/** Bytes as fast as they go, in one direction or in both. */
final class BulkTraffic extends Traffic {
    private static final long CHUNK = 256 << 10;

    private final BitSet greeted;
    private final int interest;

    BulkTraffic(Links links, Kind kind) {
        super(links, kind);
        this.greeted = new BitSet(links.count());
        this.interest = (kind.clientSends() ? Epoll.OUT : 0) | (kind.serverSends() ? Epoll.IN : 0);
    }

    @Override
    void onEvents(int link, int events) {
        if (!greeted.get(link)) {
            greet(link);
            greeted.set(link);
            links.interest(link, interest);
            return;
        }
        if (kind.serverSends() && readable(events)) {
            bytes += arrived(links.receive(link));
        }
        if (kind.clientSends() && (writable(events) || !kind.serverSends())) {
            bytes += departed(links.send(link, CHUNK));
        }
    }
}
