/**
 * How connections come in: listening sockets, accepting, and which loop gets a connection.
 *
 * <p>Bytes are not relayed here, and endpoints are not chosen here.
 */
@NullMarked
package dev.sluice.proxy.listen;

import org.jspecify.annotations.NullMarked;
