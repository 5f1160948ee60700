/**
 * The configuration file. A {@code Section} is the table of the keys of one map, and what it makes of them; the sections themselves
 * are in {@code section}. From the same table come the reading, the effective configuration and the JSON Schema.
 */
@NullMarked
package dev.sluice.cli.file;

import org.jspecify.annotations.NullMarked;
