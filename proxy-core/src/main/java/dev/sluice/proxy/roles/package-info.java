/**
 * What database servers are, a primary or a replica: what the proxy needs of whoever asks them by their drivers, and what is made of the
 * answers. No driver is known here. What blocks is called on threads that may, never on a loop's.
 */
@NullMarked
package dev.sluice.proxy.roles;

import org.jspecify.annotations.NullMarked;
