/** What {@code top} shows and what keys do, without a terminal. */
@NullMarked
package dev.sluice.cli.ask.top;

import org.jspecify.annotations.NullMarked;
