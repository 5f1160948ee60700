/** What crosses the proxy: every byte, once, in order, and how the stream ended. */
@NullMarked
package dev.sluice.tests.relay;

import org.jspecify.annotations.NullMarked;
