/** The table of settings. */
@NullMarked
package dev.sluice.cli.options;

import org.jspecify.annotations.NullMarked;
