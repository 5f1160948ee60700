/**
 * {@code sluice demo}: an origin, clients and a proxy between them in one process, and what that showed. The origin and the
 * clients block on threads of their own and are as simple as that allows: only the proxy is measured.
 */
@NullMarked
package dev.sluice.cli.demo;

import org.jspecify.annotations.NullMarked;
