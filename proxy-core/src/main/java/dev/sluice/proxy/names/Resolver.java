package dev.sluice.proxy.names;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ResolveSettings;
import java.io.IOException;
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
     * The endpoints of a source, and how long that is good. Of an address it is that one; one of a file that is a name has no addresses
     * here: it is asked for on its own.
     *
     * @throws UnknownHostException when the host or the service does not resolve
     * @throws IOException when a file cannot be read, or something is wrong in it: the message has the file's name
     * @throws IllegalArgumentException when an IPv6 literal is none
     */
    default Answer ask(EndpointSource source, ResolveSettings settings) throws IOException {
        if (source instanceof EndpointAddress address) {
            return Answer.of(address, resolve(address), USUAL);
        }
        throw new UnknownHostException("nobody is there who knows services and files");
    }

    /**
     * Tells when a file has changed, at some time after it has, from now on until it is closed. Blocks; what blocks is not done by closing.
     *
     * @param changed is called on any thread, and does not block
     */
    default Watch watch(EndpointSource.ListFile file, Runnable changed) {
        return () -> {};
    }

    /** A file that is watched. */
    @FunctionalInterface
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * What a lookup has brought.
     *
     * @param found of an address one that has at least one address
     * @param goodFor how long it may be relied on; of a literal, for ever, whatever this says
     */
    record Answer(List<Found> found, Duration goodFor) {
        public Answer {
            found = List.copyOf(found);
        }

        /** The addresses of one endpoint. */
        public static Answer of(EndpointAddress endpoint, List<Address> addresses, Duration goodFor) {
            return new Answer(List.of(Found.at(endpoint, addresses)), goodFor);
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
