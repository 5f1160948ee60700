/** The demo's origin, clients and results. */
@NullMarked
package dev.sluice.cli.demo;

import org.jspecify.annotations.NullMarked;
