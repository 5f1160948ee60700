/**
 * The maps of the configuration file, one class each: its keys, and the record that they make. A new key is a field in one of them
 * and a word in its {@code build}; nothing else knows the keys.
 */
@NullMarked
package dev.sluice.cli.file.section;

import org.jspecify.annotations.NullMarked;
