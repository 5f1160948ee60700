package dev.sluice.cli.names;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The servers of a service, as SRV records name them (RFC 2782).
 *
 * @param services at least one that has an address; by priority, then by target and port, so that equal answers are equal lists
 * @param goodFor when to ask again: the smallest TTL on the way to the records and to the addresses, within the settings' bounds
 */
public record Services(List<Service> services, Duration goodFor) {
    public Services {
        services = List.copyOf(services);
    }

    /**
     * One SRV record.
     *
     * @param priority 0 … 65535; those of the lowest number are to be used while any of them can be reached
     * @param weight 0 … 65535; the share among those of one priority; 0: seldom, where others have more
     * @param port 0 … 65535; 0 only with a problem
     * @param target the host, without the dot at its end
     * @param addresses of the target, in the order of {@link Answer#addresses}; none when there is a problem
     * @param problem why the target has no address, or lacks those of one family
     */
    public record Service(
            int priority,
            int weight,
            int port,
            String target,
            List<InetAddress> addresses,
            @Nullable LookupException problem) {
        public Service {
            addresses = List.copyOf(addresses);
        }
    }
}
