/** What is typed and what is answered: words, exit codes, the access log, the launcher. */
@NullMarked
package dev.sluice.tests.cli;

import org.jspecify.annotations.NullMarked;
