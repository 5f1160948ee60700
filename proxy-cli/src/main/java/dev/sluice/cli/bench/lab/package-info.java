/**
 * Where a benchmark runs: its processes, the CPUs that they are pinned to, and the network between them. All that is made here is
 * gone when it is closed.
 */
@NullMarked
package dev.sluice.cli.bench.lab;

import org.jspecify.annotations.NullMarked;
