/** Attempts to connect, without a command around them. */
@NullMarked
package dev.sluice.cli.wait;

import org.jspecify.annotations.NullMarked;
