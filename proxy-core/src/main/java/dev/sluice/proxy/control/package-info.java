/**
 * The only writer: applies configurations, owns the state of endpoints, drains. It has an event loop of its own, without relays.
 *
 * <p>No bytes are relayed and no connections are placed here. What blocks is done on the threads of those who call, never on a loop.
 */
@NullMarked
package dev.sluice.proxy.control;

import org.jspecify.annotations.NullMarked;
