/**
 * Metrics: what is counted of ended sessions, in a registry, and all that is known of the proxy as text for Prometheus. Loaded only with
 * the admin interface.
 *
 * <p>Loops add to what is here without allocating and without waiting; everything else is done by who asks.
 */
@NullMarked
package dev.sluice.cli.metrics;

import org.jspecify.annotations.NullMarked;
