package dev.sluice.proxy.arrive;

import java.util.List;

/**
 * All that the loops need to know of a configuration: immutable, made by control, posted to every loop, and swapped there between two
 * turns.
 *
 * @param routes one for each listener
 */
public record Routes(List<Route> routes) {
    /** Nothing is accepted. */
    public static final Routes NONE = new Routes(List.of());

    public Routes {
        routes = List.copyOf(routes);
    }
}
