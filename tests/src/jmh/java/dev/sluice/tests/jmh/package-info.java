/** Benchmarks by hand: what a call costs, and what a message costs, in time and in bytes of heap. No test, and nothing waits for it. */
package dev.sluice.tests.jmh;
