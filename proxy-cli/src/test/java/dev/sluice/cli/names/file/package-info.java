/** Tests of this package. */
@NullMarked
package dev.sluice.cli.names.file;

import org.jspecify.annotations.NullMarked;
