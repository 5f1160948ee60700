/**
 * HTTP for the admin interface: its socket, connections within their limits, who may ask, answers. What is answered is not known here.
 *
 * <p>The library knows what HTTP looks like on the wire; one request a connection, so that nothing of one can be taken for another.
 */
@NullMarked
package dev.sluice.cli.admin.http;

import org.jspecify.annotations.NullMarked;
