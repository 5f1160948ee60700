/** The access log: its lines, and a queue that keeps a slow reader of them away from the loops. */
@NullMarked
package dev.sluice.cli.log;

import org.jspecify.annotations.NullMarked;
