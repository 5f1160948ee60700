/**
 * {@code sluice bench techniques}: the ways of getting bytes to a socket without copying them, measured side by side, each beside
 * what the textbooks claim of it. What a technique does stands in a {@code Sender}; who drives it, watches it and receives from it
 * in a {@code Rig}. The proxy's relays are not measured here, and nothing here is used by them.
 */
@NullMarked
package dev.sluice.cli.techniques;

import org.jspecify.annotations.NullMarked;
