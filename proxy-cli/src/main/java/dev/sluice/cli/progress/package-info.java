/** How far a command has got, for a person at a terminal. Knows nothing of commands. */
@NullMarked
package dev.sluice.cli.progress;

import org.jspecify.annotations.NullMarked;
