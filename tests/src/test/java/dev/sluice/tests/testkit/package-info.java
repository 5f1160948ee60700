/** What the tests are made of: the command as a process, a proxy between servers, ends of connections, and what a machine has. No test of the command lives here. */
@NullMarked
package dev.sluice.tests.testkit;

import org.jspecify.annotations.NullMarked;
