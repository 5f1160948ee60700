@NullMarked
package dev.sluice.cli.metrics;

import org.jspecify.annotations.NullMarked;
