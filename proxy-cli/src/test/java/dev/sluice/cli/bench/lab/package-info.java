/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench.lab;

import org.jspecify.annotations.NullMarked;
