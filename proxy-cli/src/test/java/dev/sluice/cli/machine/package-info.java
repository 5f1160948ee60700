/** The kernel's settings and the sums done with them. */
@NullMarked
package dev.sluice.cli.machine;

import org.jspecify.annotations.NullMarked;
