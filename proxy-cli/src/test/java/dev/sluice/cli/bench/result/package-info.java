/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.result;

import org.jspecify.annotations.NullMarked;
