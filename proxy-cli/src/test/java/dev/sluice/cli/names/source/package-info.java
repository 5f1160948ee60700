/** Tests of this package. */
@NullMarked
package dev.sluice.cli.names.source;

import org.jspecify.annotations.NullMarked;
