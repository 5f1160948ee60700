package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.linux.Sockets;
import java.util.ArrayList;
import java.util.List;

/**
 * Local addresses that connections are made from, in turn: each has some 28,000 ports of its own to one endpoint.
 *
 * @param v4 for endpoints with IPv4, none = what the kernel chooses; port 0
 * @param v6 the same for IPv6
 */
public record Sources(List<Address> v4, List<Address> v6) {
    /** The kernel chooses. */
    public static final Sources NONE = new Sources(List.of(), List.of());

    public Sources {
        v4 = List.copyOf(v4);
        v6 = List.copyOf(v6);
    }

    /**
     * Sorts literals by family.
     *
     * @throws IllegalArgumentException when one is no address of IPv4 or IPv6
     */
    public static Sources of(List<String> literals) {
        List<Address> v4 = new ArrayList<>();
        List<Address> v6 = new ArrayList<>();
        for (String literal : literals) {
            Address address = Address.ofLiteral(literal, 0);
            (address.family() == Sockets.AF_INET ? v4 : v6).add(address);
        }
        return new Sources(v4, v6);
    }

    /** Those from which this address can be reached. */
    public List<Address> towards(Address to) {
        int family = to.family();
        return family == Sockets.AF_INET ? v4 : family == Sockets.AF_INET6 ? v6 : List.of();
    }
}
