/**
 * What a benchmark has measured: figures of each round, what follows from them, and how they are written down: as a table, JSON,
 * CSV or a page. Measures nothing.
 */
@NullMarked
package dev.sluice.cli.bench.result;

import org.jspecify.annotations.NullMarked;
