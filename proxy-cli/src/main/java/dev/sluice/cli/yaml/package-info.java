/** A file of YAML as a tree of nodes with positions, and what is wrong with it. Knows nothing of what the keys mean. */
@NullMarked
package dev.sluice.cli.yaml;

import org.jspecify.annotations.NullMarked;
