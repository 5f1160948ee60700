/**
 * The only writer: applies configurations, owns the state of endpoints, drains. It has an event loop of its own, without relays.
 *
 * <p>No bytes are relayed and no connections are accepted here. What blocks is done on the threads of the callers, never on a loop.
 */
@NullMarked
package dev.sluice.proxy.control;

import org.jspecify.annotations.NullMarked;
