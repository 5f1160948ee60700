/**
 * Linux system calls through the Foreign Function &amp; Memory API, typed: one method per C function, ≥ 0 or −errno.
 *
 * <p>Here live the calls, their constants, structure layouts, addresses and error names. Policy may not live here, nor
 * anything that knows what a proxy is; the package depends on the JDK alone.
 */
@NullMarked
package dev.sluice.linux;

import org.jspecify.annotations.NullMarked;
