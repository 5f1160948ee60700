package dev.sluice.proxy.upstream;

import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.Timeouts;
import java.util.List;

/**
 * How connections are made.
 *
 * @param attemptNanos for each attempt, > 0
 * @param allNanos for all attempts and waiting together, > 0
 * @param tcp options of the sockets
 * @param sources where they are made from
 */
public record ConnectSettings(long attemptNanos, long allNanos, TcpSettings tcp, Sources sources) {
    /** From wherever the kernel chooses. */
    public ConnectSettings(long attemptNanos, long allNanos, TcpSettings tcp) {
        this(attemptNanos, allNanos, tcp, Sources.NONE);
    }

    /** What a listener's timeouts and an upstream's options say. */
    public static ConnectSettings of(Timeouts timeouts, TcpSettings tcp, List<String> sources) {
        return new ConnectSettings(
                timeouts.connect().toNanos(), timeouts.connectDeadline().toNanos(), tcp, Sources.of(sources));
    }
}
