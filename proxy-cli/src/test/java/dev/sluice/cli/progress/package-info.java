/** Tests of this package. */
@NullMarked
package dev.sluice.cli.progress;

import org.jspecify.annotations.NullMarked;
