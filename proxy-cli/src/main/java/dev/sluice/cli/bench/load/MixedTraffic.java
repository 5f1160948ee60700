package dev.sluice.cli.bench.load;

/** Requests, and beside them streams that the server sends: what is counted of the streams are their bytes, of the requests all else. */
final class MixedTraffic extends PingTraffic {
    private final BulkTraffic bulk;

    /**
     * Both over the same epoll.
     *
     * @param streams whose numbers there begin behind those of {@code links}
     */
    MixedTraffic(Links links, Links streams, long size, long rate) {
        super(links, Kind.MIXED, size, rate);
        this.bulk = new BulkTraffic(streams, Kind.BULK_DOWN);
    }

    @Override
    long bytes() {
        return bulk.bytes();
    }

    @Override
    void start() {
        bulk.start();
        super.start();
    }

    @Override
    boolean connected() {
        return bulk.connected() && super.connected();
    }

    @Override
    void onEvents(int link, int events) {
        if (link < links.count()) {
            super.onEvents(link, events);
        } else {
            bulk.onEvents(link - links.count(), events);
        }
    }
}
