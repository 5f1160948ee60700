/** Arithmetic of repeated measurements, and their figures as text. Knows nothing of what was measured. */
@NullMarked
package dev.sluice.cli.bench.statistics;

import org.jspecify.annotations.NullMarked;
