/** Real servers behind the proxy, and their own clients before it. */
@NullMarked
package dev.sluice.tests.servers;

import org.jspecify.annotations.NullMarked;
