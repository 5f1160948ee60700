package dev.sluice.proxy.names;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint that somebody who was asked knows.
 *
 * @param address where it is
 * @param weight its share of the sessions; null: not said
 * @param maxSessions how many it may have; null: not said
 * @param backup whether it is said to be one
 * @param addresses those to be tried first at the beginning; none of a name that is to be looked up on its own, and where there is a problem
 * @param problem why there are none, or why one family of addresses was not told; null when all is well
 */
public record Found(
        EndpointAddress address,
        @Nullable Integer weight,
        @Nullable Integer maxSessions,
        boolean backup,
        List<Address> addresses,
        @Nullable String problem) {
    public Found {
        addresses = List.copyOf(addresses);
    }

    /** One of whom nothing but its addresses is known. */
    public static Found at(EndpointAddress address, List<Address> addresses) {
        return new Found(address, null, null, false, addresses, null);
    }

    /** Whether it must be looked up before it can be used. */
    public boolean isToBeLookedUp() {
        return addresses.isEmpty() && problem == null;
    }

    /** This endpoint as the configuration has it whose list it is from: what is said of it beats what is said of all. */
    public EndpointConfig as(EndpointConfig list) {
        return new EndpointConfig(
                address,
                weight == null ? list.weight() : weight,
                maxSessions == null ? list.maxSessions() : maxSessions,
                backup || list.backup());
    }

    public Found withAddresses(List<Address> other) {
        return new Found(address, weight, maxSessions, backup, other, problem);
    }
}
