/**
 * The sources of endpoints that a proxy's configuration has, as the proxy asks for them: hosts, services and files, and what of a service or
 * a line says how an endpoint is to be used. Asks {@code names} and {@code names.file}; keeps nothing but the watch of files.
 */
@NullMarked
package dev.sluice.cli.names.source;

import org.jspecify.annotations.NullMarked;
