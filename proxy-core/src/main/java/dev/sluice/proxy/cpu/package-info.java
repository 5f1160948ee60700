/** The processors that this process may use: which, how many, and what its control groups (cgroups(7)) leave it of them. Reads files, and may block. */
@NullMarked
package dev.sluice.proxy.cpu;

import org.jspecify.annotations.NullMarked;
