/**
 * Whether endpoints can be used: they are asked, watched, and set by hand, and all that together is their state.
 *
 * <p>A {@link dev.sluice.proxy.health.Monitor} sends a {@code Probe} every so often, which holds the {@code Dialogue} of its protocol; an
 * {@link dev.sluice.proxy.health.EndpointHealth} makes a state of what it hears, and an
 * {@link dev.sluice.proxy.health.UpstreamHealth} sees to what is said of all endpoints of an upstream together. All on control's
 * thread; what blocks, a database's driver and the file of a password, is a job of the {@code Workers}, which control waits for no longer
 * than a check may take. No sessions are known here.
 */
@NullMarked
package dev.sluice.proxy.health;

import org.jspecify.annotations.NullMarked;
