/**
 * What a user would see break: tests that start the built command and watch it from outside. They know its words, its exit codes
 * and its sockets, and none of its classes.
 */
@NullMarked
package dev.sluice.tests;

import org.jspecify.annotations.NullMarked;
