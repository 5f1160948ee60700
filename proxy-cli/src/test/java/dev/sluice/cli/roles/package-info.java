/** Tests of what asks servers by their drivers. */
@NullMarked
package dev.sluice.cli.roles;

import org.jspecify.annotations.NullMarked;
