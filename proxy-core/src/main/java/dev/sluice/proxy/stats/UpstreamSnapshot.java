package dev.sluice.proxy.stats;

/**
 * What is known of an upstream at some moment.
 *
 * @param paused whether its new connections are held until it is resumed
 * @param held connections that wait until it takes them
 * @param up whether an endpoint of it takes connections, if there is room
 */
public record UpstreamSnapshot(String name, boolean paused, int held, boolean up) {}
