/** {@code sluice wait}: until something can be connected to. It starts fast, and so knows no proxy and no library but that of the options. */
@NullMarked
package dev.sluice.cli.wait;

import org.jspecify.annotations.NullMarked;
