package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of an upstream, round and round. Every connection starts with the next endpoint and, where one does not
 * answer, goes on to the one after it until each has been tried; of an endpoint with several addresses, each in the order
 * that the resolver gave.
 */
public final class Upstream {
    private final Address[][] orders;
    private final AtomicInteger next = new AtomicInteger();

    /**
     * @param endpoints the addresses of each endpoint; at least one endpoint, at least one address each
     */
    public Upstream(List<List<Address>> endpoints) {
        int count = endpoints.size();
        orders = new Address[count][];
        for (int first = 0; first < count; first++) {
            List<Address> order = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                order.addAll(endpoints.get((first + i) % count));
            }
            orders[first] = order.toArray(Address[]::new);
        }
    }

    /**
     * Takes a turn. From any thread.
     *
     * @return what {@link #candidate} wants
     */
    public int takeTurn() {
        return Math.floorMod(next.getAndIncrement(), orders.length);
    }

    /** The address that the turn begins with. */
    public Address first(int turn) {
        return orders[turn][0];
    }

    /**
     * The address to try.
     *
     * @param attempt from 0; null when every address has been tried
     */
    @Nullable
    Address candidate(int turn, int attempt) {
        return attempt < orders[turn].length ? orders[turn][attempt] : null;
    }
}
