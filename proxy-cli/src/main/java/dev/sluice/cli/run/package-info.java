/** {@code sluice run}: from options to a proxy, its access log, and its end. */
@NullMarked
package dev.sluice.cli.run;

import org.jspecify.annotations.NullMarked;
