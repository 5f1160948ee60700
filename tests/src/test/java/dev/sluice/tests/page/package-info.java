/** The page of the admin interface, in a real browser, in front of real traffic. */
@NullMarked
package dev.sluice.tests.page;

import org.jspecify.annotations.NullMarked;
