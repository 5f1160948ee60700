/**
 * What the proxy tells: counters, snapshots of them, the end of each session, warnings.
 *
 * <p>Plain values for anyone to read; no metrics library, no formatting of log lines, no knowledge of loops or sessions.
 */
@NullMarked
package dev.sluice.proxy.stats;

import org.jspecify.annotations.NullMarked;
