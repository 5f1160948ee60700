/**
 * What the kernel tells of the processes that are measured: processor time, context switches, system calls, memory. Knows no
 * traffic and no table.
 */
@NullMarked
package dev.sluice.cli.bench.watch;

import org.jspecify.annotations.NullMarked;
