/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.place;

import org.jspecify.annotations.NullMarked;
