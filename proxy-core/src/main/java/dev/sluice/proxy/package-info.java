/**
 * The proxy as a whole: start it, look at it, drain it, close it.
 *
 * <p>What users of the library need is here, in {@code config} and in {@code stats}; all else is inside.
 */
@NullMarked
package dev.sluice.proxy;

import org.jspecify.annotations.NullMarked;
