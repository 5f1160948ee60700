package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.text.Units;

/**
 * What every row is measured with.
 *
 * @param kind of traffic
 * @param connections at once
 * @param size bytes of a request; 0 where there is none
 * @param rate requests per second, 0: as many as are answered
 */
public record Case(Kind kind, int connections, int size, long rate) {

    /** What JSON and CSV call the operations; empty where there are none. */
    public String operation() {
        return switch (kind) {
            case PING -> "request";
            case CHURN -> "connection";
            case IDLE -> "session";
            default -> "";
        };
    }

    /** {@code ping, 32 connections x 4 KiB}. */
    @Override
    public String toString() {
        String many = connections
                + (kind.isBulk() ? " stream" : kind == Kind.IDLE ? " session" : " connection")
                + (connections == 1 ? "" : "s");
        String open = rate > 0 ? ", " + rate + " requests/s" : "";
        return kind + ", " + many + (size > 0 ? " x " + Units.formatSize(size) : "") + open;
    }
}
