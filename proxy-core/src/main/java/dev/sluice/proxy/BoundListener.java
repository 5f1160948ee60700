package dev.sluice.proxy;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ListenerConfig;

/**
 * A listener that listens, or would if its upstream had somebody.
 *
 * @param config what it was asked to do; if it was given no name, it has that of its address here
 * @param address where it does, with the port that the kernel chose
 * @param listening whether it listens now; false while nobody takes its connections, where its upstream wants that (when-down:
 *     close-listener)
 * @param failures how often it could not listen again when somebody did
 */
public record BoundListener(ListenerConfig config, Address address, boolean listening, long failures) {}
