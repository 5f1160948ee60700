/** From options to a running service. */
@NullMarked
package dev.sluice.cli.run;

import org.jspecify.annotations.NullMarked;
