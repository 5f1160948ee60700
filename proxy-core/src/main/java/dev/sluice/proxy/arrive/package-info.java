/**
 * The way of a connection from accept to session: the loop is chosen, and on that loop one {@link dev.sluice.proxy.arrive.Arrival} owns
 * the client and takes it through its stages.
 *
 * <p>No bytes are relayed here, and nothing here changes what is configured: it reads immutable {@link dev.sluice.proxy.arrive.Routes}.
 */
@NullMarked
package dev.sluice.proxy.arrive;

import org.jspecify.annotations.NullMarked;
