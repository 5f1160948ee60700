/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.load;

import org.jspecify.annotations.NullMarked;
