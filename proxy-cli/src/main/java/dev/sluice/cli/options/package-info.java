/** The table of settings, and what is made from it: options of commands, and variables of the environment. */
@NullMarked
package dev.sluice.cli.options;

import org.jspecify.annotations.NullMarked;
