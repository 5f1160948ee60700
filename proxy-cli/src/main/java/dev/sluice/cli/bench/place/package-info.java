/**
 * Where a benchmark takes place: its processes, the CPUs that they are pinned to, and the network between them. Whatever is made
 * here is gone when it is closed.
 */
@NullMarked
package dev.sluice.cli.bench.place;

import org.jspecify.annotations.NullMarked;
