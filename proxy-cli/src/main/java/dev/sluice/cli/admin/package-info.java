/**
 * The admin interface: what can be asked of a running proxy, and what it can be told to do. Loaded only where it is configured.
 *
 * <p>It reads snapshots and gives orders by the proxy's own methods, on threads of its own; no loop waits for it.
 */
@NullMarked
package dev.sluice.cli.admin;

import org.jspecify.annotations.NullMarked;
