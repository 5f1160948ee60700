/** The commands that ask a proxy, against a scripted one. */
@NullMarked
package dev.sluice.cli.ask;

import org.jspecify.annotations.NullMarked;
