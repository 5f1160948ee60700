package dev.sluice.proxy.stats;

import java.time.Duration;

/**
 * What is known of an upstream at some moment.
 *
 * @param paused whether it is paused by hand: its new connections are held, as long as they may wait
 * @param held connections that wait until it takes them
 * @param up whether an endpoint of it takes connections, if there is room
 * @param hold how long a connection is held while nobody takes it, by its configuration; 0 when it is not
 */
public record UpstreamSnapshot(String name, boolean paused, int held, boolean up, Duration hold) {}
