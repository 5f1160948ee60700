/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.watch;

import org.jspecify.annotations.NullMarked;
