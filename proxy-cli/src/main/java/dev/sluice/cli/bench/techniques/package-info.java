/**
 * {@code sluice bench techniques}: the ways of getting bytes to a socket without copying them, measured side by side, each beside
 * what the textbooks claim of it. What a technique does is in {@code send}; here is what drives it, measures it, receives from it
 * and shows the figures. The proxy's relays are not measured here, and nothing here is used by them.
 */
@NullMarked
package dev.sluice.cli.bench.techniques;

import org.jspecify.annotations.NullMarked;
