package dev.sluice.proxy.upstream;

import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.Timeouts;

/**
 * How connections are made.
 *
 * @param attemptNanos for each attempt, > 0
 * @param allNanos for all attempts and waiting together, > 0
 * @param tcp options of the sockets
 */
public record ConnectSettings(long attemptNanos, long allNanos, TcpSettings tcp) {
    /** What a listener's timeouts and an upstream's options say. */
    public static ConnectSettings of(Timeouts timeouts, TcpSettings tcp) {
        return new ConnectSettings(
                timeouts.connect().toNanos(), timeouts.connectDeadline().toNanos(), tcp);
    }
}
