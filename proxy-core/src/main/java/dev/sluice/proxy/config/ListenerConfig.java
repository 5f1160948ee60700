package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * One listening socket and what happens to the connections it accepts.
 *
 * @param name unique; what logs call it
 * @param bind where it listens
 * @param upstream name of an {@link UpstreamConfig}
 * @param relay how bytes cross
 * @param connectTimeout for each attempt to connect to an endpoint, 1 ms … 1 day
 * @param idleTimeout a session without a byte in either direction for this long ends; 0 = never
 * @param halfCloseTimeout once one direction has ended, the other may be silent for this long, 1 ms … 30 days; every byte
 *     restarts it; 0 = as long as the idle timeout
 * @param coalesce how long the bytes of a long stream that runs one way may gather before they go on, 1 … 100 ms; 0 = not at
 *     all
 */
public record ListenerConfig(
        String name,
        EndpointAddress bind,
        String upstream,
        RelayMode relay,
        Duration connectTimeout,
        Duration idleTimeout,
        Duration halfCloseTimeout,
        Duration coalesce) {

    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);
    public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofHours(1);
    public static final Duration DEFAULT_HALF_CLOSE_TIMEOUT = Duration.ofSeconds(30);

    public static final Duration DEFAULT_COALESCE = Duration.ofMillis(2);
    public static final Duration MIN_COALESCE = Duration.ofMillis(1);
    public static final Duration MAX_COALESCE = Duration.ofMillis(100);

    /** The shortest a timeout can be, other than none. */
    public static final Duration MIN_TIMEOUT = Duration.ofMillis(1);

    /** The longest the connect timeout can be. */
    public static final Duration MAX_CONNECT_TIMEOUT = Duration.ofDays(1);

    /** The longest the other timeouts can be. */
    public static final Duration MAX_TIMEOUT = Duration.ofDays(30);

    public ListenerConfig {
        Checks.duration("connect-timeout", connectTimeout, MIN_TIMEOUT, MAX_CONNECT_TIMEOUT);
        Checks.durationOrZero("idle-timeout", idleTimeout, MIN_TIMEOUT, MAX_TIMEOUT);
        Checks.durationOrZero("half-close-timeout", halfCloseTimeout, MIN_TIMEOUT, MAX_TIMEOUT);
        Checks.durationOrZero("coalesce", coalesce, MIN_COALESCE, MAX_COALESCE);
    }
}
