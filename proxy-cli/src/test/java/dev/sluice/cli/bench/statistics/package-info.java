/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.statistics;

import org.jspecify.annotations.NullMarked;
