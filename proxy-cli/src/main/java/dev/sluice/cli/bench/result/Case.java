package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.text.Units;

/**
 * What every row is measured with.
 *
 * @param kind of traffic
 * @param connections at once
 * @param streams of bulk beside them; 0 where there are none
 * @param size bytes of a request; 0 where there is none
 * @param rate requests per second, 0: as many as are answered
 */
public record Case(Kind kind, int connections, int streams, int size, long rate) {

    /** One with nothing beside it. */
    public Case(Kind kind, int connections, int size, long rate) {
        this(kind, connections, 0, size, rate);
    }

    /** What JSON and CSV call the operations; empty where there are none. */
    public String operation() {
        return switch (kind) {
            case PING, MIXED -> "request";
            case CHURN -> "connection";
            case IDLE -> "session";
            default -> "";
        };
    }

    /** {@code ping, 32 connections x 4 KiB}; {@code mixed, 16 connections x 128 B beside 8 streams}. */
    @Override
    public String toString() {
        String many = connections
                + (kind.isBulk() ? " stream" : kind == Kind.IDLE ? " session" : " connection")
                + (connections == 1 ? "" : "s");
        String open = rate > 0 ? ", " + rate + " requests/s" : "";
        String beside = streams == 0 ? "" : " beside " + streams + (streams == 1 ? " stream" : " streams");
        return kind + ", " + many + (size > 0 ? " x " + Units.formatSize(size) : "") + beside + open;
    }
}
