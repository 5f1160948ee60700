/** What an operator lives through: servers that die, come back and change their roles, and configurations that change under load. */
@NullMarked
package dev.sluice.tests.operation;

import org.jspecify.annotations.NullMarked;
