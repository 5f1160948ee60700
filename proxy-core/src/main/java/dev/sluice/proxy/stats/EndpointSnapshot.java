package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;

/**
 * What is known of an endpoint at some moment.
 *
 * @param upstream the name of its group
 * @param state up, down or drain
 * @param sessions connections that it has now, those still being made included
 * @param connected connections that were made since it was first configured
 * @param failures attempts to connect that failed or timed out
 */
public record EndpointSnapshot(
        String upstream, Address address, String state, long sessions, long connected, long failures) {}
