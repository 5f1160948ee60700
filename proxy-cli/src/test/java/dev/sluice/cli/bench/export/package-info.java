/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.export;

import org.jspecify.annotations.NullMarked;
