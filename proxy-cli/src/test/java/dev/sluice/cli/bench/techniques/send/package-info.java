/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.techniques.send;

import org.jspecify.annotations.NullMarked;
