/**
 * How bytes cross: sessions, their two flows, and the conduits that carry the bytes.
 *
 * <p>The hot path of Sluice and nothing else: no connecting, no accepting, no choosing of endpoints. Payload is moved in
 * {@link dev.sluice.proxy.relay.Flow} alone.
 */
@NullMarked
package dev.sluice.proxy.relay;

import org.jspecify.annotations.NullMarked;
