/**
 * Who comes in: listening sockets, accepting, and the way of a connection until it is a session.
 *
 * <p>Bytes are not relayed here, and endpoints are not chosen here.
 */
@NullMarked
package dev.sluice.proxy.listen;

import org.jspecify.annotations.NullMarked;
