/**
 * What is said to a server to find out whether it is alive, and what its words mean: a {@code Dialogue} for each protocol turns bytes into a
 * {@code Verdict}. It knows no sockets, no time, and nothing of who asks.
 */
@NullMarked
package dev.sluice.proxy.health.dialogue;

import org.jspecify.annotations.NullMarked;
