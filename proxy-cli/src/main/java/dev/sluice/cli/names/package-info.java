/**
 * What blocks when names become addresses: {@link dev.sluice.cli.names.DnsResolver} asks /etc/hosts and DNS. Keeps no answers and
 * decides nothing: who calls it says how often, keeps the last good answer and applies what has changed. dnsjava is used for what a
 * message looks like on the wire, by the classes behind {@code DnsNames} only, so that addresses and names of /etc/hosts never
 * load it; sockets, servers and deadlines are our own. Files of endpoints are read and watched in {@code file}; {@code source} answers for both.
 */
@NullMarked
package dev.sluice.cli.names;

import org.jspecify.annotations.NullMarked;
