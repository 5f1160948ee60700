/**
 * The {@code sluice} command: what people type and what they read. Its commands are in packages of their own, which do not know
 * each other; {@code common}, {@code options}, {@code machine} and {@code text} are what they share.
 */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;
