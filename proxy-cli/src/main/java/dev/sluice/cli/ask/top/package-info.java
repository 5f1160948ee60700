/**
 * {@code sluice top}: a running proxy on a whole screen.
 *
 * <pre>
 *   Sampler (a thread) ──Sampled, Failed──▶ ┐
 *   Keyboard (a thread) ─Pressed, Left────▶ ├─▶ TopCommand: Board (what is known and chosen) ─▶ Frame (lines) ─▶ Screen
 *   Orders (a thread each) ──Answered─────▶ ┘
 * </pre>
 *
 * Only {@code Screen} knows the library that drives terminals. All but the threads above is the command's own thread's.
 */
@NullMarked
package dev.sluice.cli.ask.top;

import org.jspecify.annotations.NullMarked;
