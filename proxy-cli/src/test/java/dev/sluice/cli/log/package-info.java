/** Lines of the access log, and the queue to their writer. */
@NullMarked
package dev.sluice.cli.log;

import org.jspecify.annotations.NullMarked;
