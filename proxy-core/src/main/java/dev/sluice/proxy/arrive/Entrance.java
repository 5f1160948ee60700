package dev.sluice.proxy.arrive;

import dev.sluice.linux.Address;
import dev.sluice.proxy.listen.Acceptor;

/**
 * One loop's share of a listener: accepts, and gives each connection to the loop that is to have it ({@link Reception#assign}), together
 * with the present route.
 */
final class Entrance extends Acceptor {
    private final Reception reception;
    private Route route;

    Entrance(Reception reception, Route route) {
        super(reception.kernel(), reception.loop(), route.socket(), reception.budget(), reception.clientName());
        this.reception = reception;
        this.route = route;
    }

    /** Connections accepted from now on take this route. */
    void swap(Route next) {
        route = next;
    }

    /** Which new connections take. */
    Route route() {
        return route;
    }

    /** Takes what has connected already, and stops accepting; the route is in use until then. */
    void leave(Runnable done) {
        Route last = route;
        last.taken(reception.index());
        drain(() -> {
            last.left(reception.index());
            done.run();
        });
    }

    @Override
    protected void onAccepted(int fd, Address client) {
        reception.assign(this, route, fd, client);
    }

    /** There was no memory for a connection. */
    void rest(int errno) {
        pause(errno);
    }

    @Override
    protected void onPause(int errno) {
        route.stats().row(reception.index()).paused(errno);
    }

    @Override
    protected void onShortage(int errno) {
        reception.shortage();
    }

    @Override
    protected void warn(String text) {
        reception.relay().warn(text);
    }
}
