/**
 * The servers behind the proxy: endpoints with their state and counters, which one is next, and how to connect to it.
 *
 * <p>Nothing here knows of clients or sessions: what becomes of a connection is the caller's business.
 */
@NullMarked
package dev.sluice.proxy.upstream;

import org.jspecify.annotations.NullMarked;
