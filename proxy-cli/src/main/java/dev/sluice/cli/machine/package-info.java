/** What the kernel allows this process: facts read from /proc, and sums done with them. Judges nothing. */
@NullMarked
package dev.sluice.cli.machine;

import org.jspecify.annotations.NullMarked;
