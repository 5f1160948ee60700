/**
 * {@code sluice bench}: what it is told, the order of its work, and what follows from what was measured. Its {@code load} makes
 * traffic, {@code lab} holds processes and networks, {@code watch} reads what the kernel tells, {@code result} keeps and
 * shows figures, {@code report} makes a page of them. The first three do not know each other. {@code techniques} is a command of its
 * own below this one: it shares how is measured, not what.
 */
@NullMarked
package dev.sluice.cli.bench;

import org.jspecify.annotations.NullMarked;
