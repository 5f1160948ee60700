/**
 * {@code sluice doctor}: what this machine allows, in words, and a check that makes the system calls of a relay to see that they
 * work. The facts come from {@code machine}.
 */
@NullMarked
package dev.sluice.cli.doctor;

import org.jspecify.annotations.NullMarked;
