package dev.sluice.proxy.arrive;

import dev.sluice.proxy.listen.ListenSocket;
import java.util.List;
import java.util.Set;

/**
 * All that the loops need to know of a configuration: immutable, made by control, posted to every loop, and swapped there between two
 * turns.
 *
 * @param routes one for each listener
 * @param ceded sockets that another process accepts on instead of this one: their backlogs are left to it
 */
public record Routes(List<Route> routes, Set<ListenSocket> ceded) {
    /** Nothing is accepted. */
    public static final Routes NONE = new Routes(List.of());

    public Routes {
        routes = List.copyOf(routes);
        ceded = Set.copyOf(ceded);
    }

    public Routes(List<Route> routes) {
        this(routes, Set.of());
    }
}
