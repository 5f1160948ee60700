/**
 * The way of a connection from accept to session: the loop is chosen, and on that loop one {@link dev.sluice.proxy.arrive.Arrival} owns
 * the client and takes it through its stages.
 *
 * <p>A stage needs nothing, bytes or time. Where the route asks for a {@link dev.sluice.proxy.arrive.Preamble}, the first bytes are looked at,
 * with a deadline, and its {@link dev.sluice.proxy.arrive.Preamble.Step} says what is next; where it does not, that costs one look at a field.
 *
 * <p>No bytes of sessions are relayed here, and nothing here changes what is configured: it reads immutable {@link dev.sluice.proxy.arrive.Routes}.
 */
@NullMarked
package dev.sluice.proxy.arrive;

import org.jspecify.annotations.NullMarked;
