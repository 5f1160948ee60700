/**
 * The {@code sluice} command: what people type, what they read, and how their words become a configuration of the proxy. Moves no
 * payload itself and makes no system call; whatever needs either belongs below.
 */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;
