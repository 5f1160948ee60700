/** Lookups against servers that answer, lie, break and fall silent; all on loopback. */
@NullMarked
package dev.sluice.cli.names;

import org.jspecify.annotations.NullMarked;
