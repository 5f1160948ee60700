/** Tests of this package. */
@NullMarked
package dev.sluice.cli.bench;

import org.jspecify.annotations.NullMarked;
