/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.report;

import org.jspecify.annotations.NullMarked;
