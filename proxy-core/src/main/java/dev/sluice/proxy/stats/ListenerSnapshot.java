package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ListenerConfig;

/**
 * What is known of a listener at some moment.
 *
 * @param config what it was asked to do; if it was given no name, it has that of its address here
 * @param address what it is bound to, with the port that the kernel chose
 * @param listening whether it listens; false while its upstream has nobody for who would come, and wants that told so
 * @param failures how often it could not listen again when its upstream had somebody
 */
public record ListenerSnapshot(ListenerConfig config, Address address, boolean listening, long failures) {}
