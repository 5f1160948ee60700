package dev.sluice.proxy.config;

import java.time.Duration;

/**
 * One listening socket and what happens to the connections that it accepts.
 *
 * @param name what logs call it; those of one name differ in their address. One that was given none has what it binds, with {@code #N}
 *     behind it where there are several
 * @param bind where it listens
 * @param upstream name of an {@link UpstreamConfig}
 * @param relay how bytes cross
 * @param coalesce how long the bytes of a long stream that runs one way may gather before they go on, 1 … 100 ms; 0 = not at
 *     all
 * @param timeouts how long its connections may wait, for what
 * @param tcp options of the clients' sockets
 * @param reports what its sessions tell besides their end
 */
public record ListenerConfig(
        String name,
        EndpointAddress bind,
        String upstream,
        RelayMode relay,
        Duration coalesce,
        Timeouts timeouts,
        TcpSettings tcp,
        ReportSettings reports) {

    public static final Duration DEFAULT_COALESCE = Duration.ofMillis(2);
    public static final Duration MIN_COALESCE = Duration.ofMillis(1);
    public static final Duration MAX_COALESCE = Duration.ofMillis(100);

    public ListenerConfig {
        Checks.durationOrZero("coalesce", coalesce, MIN_COALESCE, MAX_COALESCE);
    }

    /** A listener that splices, with the defaults of everything else. */
    public static ListenerConfig of(String name, EndpointAddress bind, String upstream) {
        return new ListenerConfig(
                name,
                bind,
                upstream,
                RelayMode.SPLICE,
                DEFAULT_COALESCE,
                Timeouts.DEFAULTS,
                TcpSettings.DEFAULTS,
                ReportSettings.NONE);
    }

    /** Whether its socket is there again once it was closed: a port of the kernel's choice is not, nor is a socket that was passed on. */
    public boolean canReopen() {
        return switch (bind) {
            case EndpointAddress.Tcp tcp -> tcp.port() != 0;
            case EndpointAddress.Unix unix -> true;
            case EndpointAddress.Passed passed -> false;
        };
    }

    /** Whether somebody has given it a name. */
    public boolean isNamed() {
        String asked = bind.toString();
        return !name.equals(asked) && !name.startsWith(asked + "#");
    }

    /** The same by the name that it has for people: if it was given none, where it listens, with the port that the kernel chose. */
    public ListenerConfig calledAt(String bound) {
        return isNamed() ? this : new ListenerConfig(bound, bind, upstream, relay, coalesce, timeouts, tcp, reports);
    }

    public ListenerConfig withRelay(RelayMode other) {
        return new ListenerConfig(name, bind, upstream, other, coalesce, timeouts, tcp, reports);
    }

    public ListenerConfig withCoalesce(Duration delay) {
        return new ListenerConfig(name, bind, upstream, relay, delay, timeouts, tcp, reports);
    }

    public ListenerConfig withTimeouts(Timeouts other) {
        return new ListenerConfig(name, bind, upstream, relay, coalesce, other, tcp, reports);
    }

    public ListenerConfig withTcp(TcpSettings other) {
        return new ListenerConfig(name, bind, upstream, relay, coalesce, timeouts, other, reports);
    }

    public ListenerConfig withReports(ReportSettings other) {
        return new ListenerConfig(name, bind, upstream, relay, coalesce, timeouts, tcp, other);
    }
}
