/** Options that more than one command may have: how their values are read, and their twins in the environment. */
@NullMarked
package dev.sluice.cli.options;

import org.jspecify.annotations.NullMarked;
