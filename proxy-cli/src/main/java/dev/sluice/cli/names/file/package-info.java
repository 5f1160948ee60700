/**
 * Files of endpoints: what stands in one, and a watch that tells when it has changed. Knows no DNS, and does not say what a change
 * means.
 */
@NullMarked
package dev.sluice.cli.names.file;

import org.jspecify.annotations.NullMarked;
