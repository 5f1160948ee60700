package dev.sluice.cli.names.file;

import dev.sluice.proxy.config.EndpointAddress;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint of a file.
 *
 * @param line where it stands, from 1
 * @param address with a port other than 0
 * @param weight its share of the sessions, as in the configuration; null when the line does not say it
 * @param backup whether the line says that it is for when no other one is up
 * @param maxSessions at the same time, as in the configuration; null when the line does not say it
 */
public record EndpointLine(
        int line,
        EndpointAddress address,
        @Nullable Integer weight,
        boolean backup,
        @Nullable Integer maxSessions) {}
