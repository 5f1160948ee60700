package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;

/**
 * A listener has stopped to listen, or listens again.
 *
 * @param listening what it does now
 */
public record ListenerChange(String listener, Address address, String upstream, boolean listening) {
    /** One line for people. */
    @Override
    public String toString() {
        String name = listener.equals(address.toString()) ? listener : listener + " (" + address + ")";
        return "listener " + name
                + (listening
                        ? " listens again: upstream " + upstream + " is up"
                        : " is closed until upstream " + upstream + " is up");
    }
}
