/** When a session begins and ends, and the process; what it does when something runs out. */
@NullMarked
package dev.sluice.tests.life;

import org.jspecify.annotations.NullMarked;
