package dev.sluice.proxy.names;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Turns what people write into addresses: blocks, so never on a loop's thread. */
public interface Resolver {
    /**
     * All addresses of an endpoint, at least one, those first that are to be tried first.
     *
     * @throws UnknownHostException when the host does not resolve
     * @throws IllegalArgumentException when an IPv6 literal is none
     */
    List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException;

    /**
     * The same, and how long it is good.
     *
     * @throws UnknownHostException when the host does not resolve
     * @throws IllegalArgumentException when an IPv6 literal is none
     */
    default Answer ask(EndpointAddress endpoint) throws UnknownHostException {
        return new Answer(resolve(endpoint), USUAL);
    }

    /**
     * What a lookup has brought.
     *
     * @param addresses at least one, those first that are to be tried first
     * @param goodFor how long it may be relied on; of a literal, for ever, whatever this says
     */
    record Answer(List<Address> addresses, Duration goodFor) {
        public Answer {
            addresses = List.copyOf(addresses);
        }
    }

    /** How long an answer is good of which nobody says how long it is; the JVM remembers it for as long. */
    Duration USUAL = Duration.ofSeconds(30);

    /** By the system's resolver (getaddrinfo(3)), in its order. */
    static List<Address> system(EndpointAddress endpoint) throws UnknownHostException {
        return switch (endpoint) {
            case EndpointAddress.Unix unix -> List.of(new Address.Unix(unix.path()));
            case EndpointAddress.Passed passed -> List.of(Address.Unix.UNNAMED); // whatever it is bound to
            case EndpointAddress.Tcp tcp -> {
                if (tcp.host().indexOf(':') >= 0) {
                    yield List.of(Address.ofLiteral(tcp.host(), tcp.port()));
                }
                List<Address> addresses = new ArrayList<>();
                for (InetAddress address : InetAddress.getAllByName(tcp.host())) {
                    addresses.add(Address.of(address, tcp.port()));
                }
                yield addresses;
            }
        };
    }
}
