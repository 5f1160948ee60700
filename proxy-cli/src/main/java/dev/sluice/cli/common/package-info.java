/** What all commands share: their console, exit codes, the version. Knows none of the commands. */
@NullMarked
package dev.sluice.cli.common;

import org.jspecify.annotations.NullMarked;
