@NullMarked
package dev.sluice.cli.bench.techniques;

import org.jspecify.annotations.NullMarked;
