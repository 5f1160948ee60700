/** The page of a benchmark: HTML with inline SVG that needs nothing beside it, on a screen, light or dark, or on paper. */
@NullMarked
package dev.sluice.cli.bench.report;

import org.jspecify.annotations.NullMarked;
