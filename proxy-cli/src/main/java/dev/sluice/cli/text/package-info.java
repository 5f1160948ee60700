/** Text for people: units, tables, lines. Knows nothing of commands, and nothing of what it formats. */
@NullMarked
package dev.sluice.cli.text;

import org.jspecify.annotations.NullMarked;
