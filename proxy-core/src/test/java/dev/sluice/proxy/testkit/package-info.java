/**
 * What the tests of the proxy have in common: a proxy under a script, both ends of its sessions, checked streams, and a check that
 * nothing is left open. No tests.
 */
@NullMarked
package dev.sluice.proxy.testkit;

import org.jspecify.annotations.NullMarked;
