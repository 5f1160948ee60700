/** The command line as a person meets it, in this JVM; as a process it is tested elsewhere. */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;
