@NullMarked
package dev.sluice.cli.yaml;

import org.jspecify.annotations.NullMarked;
