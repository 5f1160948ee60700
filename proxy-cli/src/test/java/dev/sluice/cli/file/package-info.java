@NullMarked
package dev.sluice.cli.file;

import org.jspecify.annotations.NullMarked;
