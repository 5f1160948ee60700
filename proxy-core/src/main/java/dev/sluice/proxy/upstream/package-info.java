/**
 * The servers behind the proxy: their addresses, whose turn it is, and how to connect to one.
 *
 * <p>Nothing here knows of clients or sessions: what becomes of a connection is the caller's business.
 */
@NullMarked
package dev.sluice.proxy.upstream;

import org.jspecify.annotations.NullMarked;
