/**
 * The commands that ask a running proxy by its admin interface, and tell it what to do: each a request or two, and words or a table for
 * what came back. What a proxy sends is escaped before a terminal sees it. {@code top} is in a package of its own.
 */
@NullMarked
package dev.sluice.cli.ask;

import org.jspecify.annotations.NullMarked;
