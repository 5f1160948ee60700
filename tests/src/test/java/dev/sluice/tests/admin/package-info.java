/** The admin interface: what it tells, what it does, and what it does not let anybody do. */
@NullMarked
package dev.sluice.tests.admin;

import org.jspecify.annotations.NullMarked;
