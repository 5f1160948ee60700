package dev.sluice.proxy;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ListenerConfig;

/**
 * A listener that listens.
 *
 * @param config what it was asked to do
 * @param address where it does, with the port that the kernel chose
 */
public record BoundListener(ListenerConfig config, Address address) {}
