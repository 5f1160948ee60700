/** {@code sluice check} and {@code sluice config}: what a configuration file says, and what is wrong with it. */
@NullMarked
package dev.sluice.cli.check;

import org.jspecify.annotations.NullMarked;
