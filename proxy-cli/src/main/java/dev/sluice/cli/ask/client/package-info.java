/**
 * A client of the admin interface: addresses, one HTTP exchange over TCP or a unix socket within its time, answers. Knows none of the
 * commands.
 */
@NullMarked
package dev.sluice.cli.ask.client;

import org.jspecify.annotations.NullMarked;
