@NullMarked
package dev.sluice.cli.admin;

import org.jspecify.annotations.NullMarked;
