/** The client of the admin interface, against servers of every kind. */
@NullMarked
package dev.sluice.cli.ask.client;

import org.jspecify.annotations.NullMarked;
