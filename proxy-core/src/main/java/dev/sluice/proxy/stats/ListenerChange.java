package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;

/**
 * A listener has stopped to listen, or listens again.
 *
 * @param listening what it does now
 * @param up whether somebody in the upstream takes connections; else it listens since it need not close any more, or for who is held
 */
public record ListenerChange(String listener, Address address, String upstream, boolean listening, boolean up) {
    /** One line for people. */
    @Override
    public String toString() {
        String name = listener.equals(address.toString()) ? listener : listener + " (" + address + ")";
        return "listener " + name
                + (listening
                        ? " listens again: upstream " + upstream + (up ? " is up" : " is not up, but need not be")
                        : " is closed until upstream " + upstream + " is up");
    }
}
