@NullMarked
package dev.sluice.cli.techniques;

import org.jspecify.annotations.NullMarked;
