/**
 * The techniques themselves: each is a {@code Sender} that moves bytes of a file, of memory or of a socket into a socket, and counts
 * its own calls and copies in a {@code Tally}. Knows nothing of threads, rounds or tables.
 */
@NullMarked
package dev.sluice.cli.bench.techniques.send;

import org.jspecify.annotations.NullMarked;
