/** Results on their way out: where they are written to, and the formats that every measuring command writes. */
@NullMarked
package dev.sluice.cli.bench.export;

import org.jspecify.annotations.NullMarked;
